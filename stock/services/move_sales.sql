-- Move what a document of sales holds from `sold` to the books of its warehouse: `on_hand` and `sold` go down together,
-- so `available` stays as it is, no revision is taken and no register hears. Services do not move. The caller holds the
-- warehouse's feed row. Like `move.sql` it joins no two parts of itself.
WITH net AS (
    SELECT l.sku_id, sum(CASE l.kind WHEN 'sale' THEN l.quantity ELSE -l.quantity END) AS quantity
    FROM stock_salesline l
    JOIN retail_sku s ON s.id = l.sku_id
    JOIN retail_item i ON i.id = s.item_id
    WHERE l.document_id = %(document)s AND i.kind = 'goods'
    GROUP BY l.sku_id
), moving AS MATERIALIZED (
    SELECT n.sku_id, n.quantity, coalesce(b.on_hand, 0) - n.quantity AS on_hand
    FROM net n
    LEFT JOIN stock_balance b ON b.warehouse_id = %(warehouse)s AND b.sku_id = n.sku_id
    WHERE n.quantity <> 0
    ORDER BY n.sku_id
), balance AS (
    INSERT INTO stock_balance AS b (warehouse_id, sku_id, on_hand, sold, reserved, revision, sale_revision)
    SELECT %(warehouse)s, sku_id, -quantity, -quantity, 0, 0, 0
    FROM moving
    ON CONFLICT (warehouse_id, sku_id) DO UPDATE
    SET on_hand = b.on_hand + excluded.on_hand, sold = b.sold + excluded.sold
)
INSERT INTO stock_movement (document_id, warehouse_id, sku_id, quantity, on_hand_after, reversing, made_at)
SELECT %(document)s, %(warehouse)s, sku_id, -quantity, on_hand, false, %(now)s
FROM moving
