-- What changed in a warehouse after a register's position, and where the feed stands, in one snapshot.
-- The rows carry absolute quantities. A register that is not told of invoices (`told_all` false) hears a row only if a
-- sale touched it after `floor`. One row more than a packet is read, to know whether there is more.
WITH feed AS MATERIALIZED (
    SELECT f.revision, f.epoch, c.sync_stock, c.packet_size,
           (SELECT coalesce(max(l.sequence), 0) FROM exchange_registerloadline l WHERE l.register_id = %(register)s)
               AS load
    FROM stock_warehousefeed f
    CROSS JOIN retail_constants c
    WHERE f.warehouse_id = %(warehouse)s
), change AS (
    SELECT b.revision, b.sku_id, b.on_hand - b.sold - b.reserved AS available
    FROM stock_balance b
    WHERE b.warehouse_id = %(warehouse)s
      AND b.revision > %(position)s
      AND b.revision > 0
      AND (%(told_all)s OR b.sale_revision > %(floor)s)
    ORDER BY b.revision
    LIMIT (SELECT CASE WHEN packet_size > 0 THEN packet_size + 1 END FROM feed)
)
SELECT feed.revision, feed.epoch, feed.load, feed.sync_stock, feed.packet_size,
       s.code, s.name, change.available, change.revision
FROM feed
LEFT JOIN change ON feed.sync_stock
LEFT JOIN retail_sku s ON s.id = change.sku_id
ORDER BY change.revision
