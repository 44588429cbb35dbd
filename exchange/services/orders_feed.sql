-- Customer orders of a register that changed after its position, and where its feed stands, in one snapshot. One that
-- is not its to deliver any more is told only if it left after `floor`. One row more than a page is read.
WITH feed AS MATERIALIZED (
    SELECT coalesce((SELECT f.revision FROM stock_orderfeed f WHERE f.register_id = %(register)s), 0) AS revision,
           c.epoch, k.packet_size,
           (SELECT coalesce(max(l.sequence), 0) FROM exchange_registerloadline l WHERE l.register_id = %(register)s)
               AS load
    FROM retail_catalogue c
    CROSS JOIN retail_constants k
), page AS MATERIALIZED (
    SELECT h.revision, h.order_id, h.live, h.told_at
    FROM stock_orderhandout h
    WHERE h.register_id = %(register)s AND h.revision > %(position)s AND (h.live OR h.revision > %(floor)s)
    ORDER BY h.revision
    LIMIT (SELECT least(coalesce(nullif(packet_size, 0), %(most)s), %(most)s) + 1 FROM feed)
)
SELECT feed.revision, feed.epoch, feed.load, feed.packet_size,
       page.revision, page.live, page.told_at IS NOT NULL,
       o.uid, d.number, d.date, o.customer, o.phone, o.address, o.delivery_date, o.delivery_from, o.delivery_to,
       o.prepaid, d.comment, line.list
FROM feed
LEFT JOIN page ON true
LEFT JOIN stock_customerorder o ON o.stockdocument_ptr_id = page.order_id
LEFT JOIN stock_stockdocument d ON d.id = page.order_id
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
               'line', l.line, 'sku', s.code, 'name', s.name, 'quantity', l.quantity::text, 'price', l.price::text,
               'vat', v.code, 'amount', l.amount::text
           ) ORDER BY l.line)::text AS list
    FROM stock_documentline l
    JOIN retail_sku s ON s.id = l.sku_id
    LEFT JOIN retail_vatrate v ON v.id = l.vat_rate_id
    WHERE l.document_id = page.order_id AND page.live
) AS line ON true
ORDER BY page.revision
