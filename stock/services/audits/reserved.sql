-- Balances whose `reserved` is not what open reservations of their warehouse hold.
SELECT format('warehouse %%s, SKU %%s', w.name, s.code), 'reserved', d.stored::text, d.counted::text
FROM (
    SELECT warehouse_id, sku_id, sum(stored) AS stored, sum(counted) AS counted
    FROM (
        SELECT warehouse_id, sku_id, reserved AS stored, 0 AS counted FROM stock_balance
        UNION ALL
        SELECT r.warehouse_id, h.sku_id, 0, h.quantity
        FROM stock_reservation r
        CROSS JOIN LATERAL stock_held(r.lines) AS h
        WHERE r.state = 'open'
    ) AS both_sides
    GROUP BY warehouse_id, sku_id
    HAVING sum(stored) <> sum(counted)
) AS d
JOIN retail_warehouse w ON w.id = d.warehouse_id
JOIN retail_sku s ON s.id = d.sku_id
ORDER BY w.name, s.code
