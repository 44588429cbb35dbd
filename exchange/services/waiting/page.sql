-- What changed in a warehouse after a revision, whoever is to hear it, and where its feed stands, in one snapshot.
-- One row more than a packet is read, to know whether there is more. Small packets are read many at once (`least`):
-- registers that are not told of invoices may have to pass many rows that are not for them.
WITH feed AS MATERIALIZED (
    SELECT f.revision, f.epoch, c.sync_stock, c.packet_size
    FROM stock_warehousefeed f
    CROSS JOIN retail_constants c
    WHERE f.warehouse_id = %(warehouse)s
), change AS (
    SELECT b.revision, b.sale_revision, b.sku_id, b.on_hand - b.sold - b.reserved AS available
    FROM stock_balance b
    WHERE b.warehouse_id = %(warehouse)s
      AND b.revision > %(after)s
      AND b.revision > 0
    ORDER BY b.revision
    LIMIT (SELECT CASE WHEN packet_size > 0 THEN greatest(packet_size, %(least)s) + 1 END FROM feed)
)
SELECT feed.revision, feed.epoch, feed.sync_stock, feed.packet_size,
       change.sale_revision, s.code, s.name, change.available, change.revision
FROM feed
LEFT JOIN change ON feed.sync_stock
LEFT JOIN retail_sku s ON s.id = change.sku_id
ORDER BY change.revision
