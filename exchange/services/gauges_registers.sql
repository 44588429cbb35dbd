-- What a watchman is told of each register that works: how long ago it was heard, how many changes it has not taken
-- (NULL of a feed it has never asked for), and for how long its oldest sale has waited for a document.
WITH unposted AS (
    SELECT s.register_id, min(u.receipt_id) AS oldest
    FROM stock_unpostedreceipt u
    JOIN registers_shift s ON s.id = u.shift_id
    GROUP BY s.register_id
)
SELECT r.number::text, p.name,
       extract(epoch FROM s.last_seen)::double precision,
       CASE WHEN s.stock_sent > 0 THEN greatest(f.revision - s.stock_acknowledged, 0)::double precision END,
       CASE WHEN s.goods_sent > 0 THEN greatest(c.revision - s.goods_acknowledged, 0)::double precision END,
       coalesce(extract(epoch FROM %(now)s::timestamptz - t.received_at), 0)::double precision
FROM registers_register r
JOIN retail_shop p ON p.id = r.shop_id
CROSS JOIN retail_catalogue c
LEFT JOIN registers_registerstatus s ON s.register_id = r.id
LEFT JOIN stock_warehousefeed f ON f.warehouse_id = r.warehouse_id
LEFT JOIN unposted u ON u.register_id = r.id
LEFT JOIN registers_kkmtransaction t ON t.id = u.oldest
WHERE r.active
ORDER BY r.number
