-- What changed in a register's warehouse after its position, and where the feed stands, in one snapshot. The register
-- is named by its id, or by the digest of its token if that is in use; of any other token nothing is returned.
-- The rows carry absolute quantities. A register that is not told of invoices hears a row only if a sale touched it
-- after `floor`; without a position (`anew`) every row is told. One row more than a packet is read, to know whether
-- there is more.
WITH feed AS MATERIALIZED (
    SELECT r.id AS register_id, r.number, r.warehouse_id, r.stock_control,
           %(anew)s OR r.stock_control = 'without_prompts' AS told_all,
           f.revision, f.epoch, c.sync_stock, c.packet_size,
           (SELECT coalesce(max(l.sequence), 0) FROM exchange_registerloadline l WHERE l.register_id = r.id) AS load
    FROM registers_register r
    JOIN stock_warehousefeed f USING (warehouse_id)
    CROSS JOIN retail_constants c
    WHERE r.id = coalesce(%(register)s, (
              SELECT t.register_id FROM registers_registertoken t
              WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND t.first_used_at IS NOT NULL
          ))
      AND (r.active OR %(register)s IS NOT NULL)
), change AS (
    SELECT b.revision, b.sku_id, b.on_hand - b.sold - b.reserved AS available
    FROM stock_balance b
    WHERE b.warehouse_id = (SELECT warehouse_id FROM feed)
      AND b.revision > %(position)s
      AND b.revision > 0
      AND ((SELECT told_all FROM feed) OR b.sale_revision > %(floor)s)
    ORDER BY b.revision
    LIMIT (SELECT CASE WHEN packet_size > 0 THEN packet_size + 1 END FROM feed)
)
SELECT feed.register_id, feed.number, feed.warehouse_id, feed.stock_control,
       feed.revision, feed.epoch, feed.load, feed.sync_stock, feed.packet_size,
       told.codes, told.names, told.available, told.revisions
FROM feed
CROSS JOIN LATERAL (
    -- Columns and not rows: what is said once about the feed need not be said with every change.
    SELECT array_agg(s.code) AS codes, array_agg(s.name) AS names, array_agg(change.available) AS available,
           array_agg(change.revision) AS revisions
    FROM change
    JOIN LATERAL (SELECT code, name FROM retail_sku WHERE id = change.sku_id OFFSET 0) s ON true
    WHERE feed.sync_stock
) AS told
