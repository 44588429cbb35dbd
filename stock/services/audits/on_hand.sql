-- Balances whose books are not the sum of their movements.
SELECT format('warehouse %%s, SKU %%s', w.name, s.code), 'on hand', d.stored::text, d.counted::text
FROM (
    SELECT warehouse_id, sku_id, sum(stored) AS stored, sum(counted) AS counted
    FROM (
        SELECT warehouse_id, sku_id, on_hand AS stored, 0 AS counted FROM stock_balance
        UNION ALL
        SELECT warehouse_id, sku_id, 0, quantity FROM stock_movement
    ) AS both_sides
    GROUP BY warehouse_id, sku_id
    HAVING sum(stored) <> sum(counted)
) AS d
JOIN retail_warehouse w ON w.id = d.warehouse_id
JOIN retail_sku s ON s.id = d.sku_id
ORDER BY w.name, s.code
