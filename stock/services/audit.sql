-- Balances whose books are not the sum of their movements, in one snapshot. None, unless somebody wrote past the services.
SELECT coalesce(b.warehouse_id, m.warehouse_id) AS warehouse, coalesce(b.sku_id, m.sku_id) AS sku,
       coalesce(b.on_hand, 0) AS on_hand, coalesce(m.moved, 0) AS moved
FROM stock_balance b
FULL JOIN (
    SELECT warehouse_id, sku_id, sum(quantity) AS moved FROM stock_movement GROUP BY warehouse_id, sku_id
) m ON m.warehouse_id = b.warehouse_id AND m.sku_id = b.sku_id
WHERE coalesce(b.on_hand, 0) <> coalesce(m.moved, 0)
ORDER BY 1, 2
