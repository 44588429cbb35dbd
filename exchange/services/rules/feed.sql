-- What changed for a register that has a rule, and where everything stands, in one snapshot: SKUs after its position in
-- the catalogue, and when these are all read, those of which what is left has changed, if the rule looks at that.
-- `stock` below zero: a full load, which tells everything as it is and begins to follow stock when it ends.
WITH RECURSIVE feed AS MATERIALIZED (
    SELECT c.revision, r.revision AS rule_revision, f.revision AS stock_revision, r.warehouse_id,
           CASE WHEN r.in_stock_only THEN left(md5(c.epoch || f.epoch), 12) ELSE c.epoch END AS epoch,
           r.in_stock_only AND %(stock)s >= 0 AS by_stock,
           (SELECT coalesce(max(l.sequence), 0) FROM exchange_registerloadline l WHERE l.register_id = %(register)s)
               AS load
    FROM exchange_exchangerule r
    JOIN stock_warehousefeed f USING (warehouse_id)
    CROSS JOIN retail_catalogue c
    WHERE r.id = %(rule)s
), changed AS MATERIALIZED (
    SELECT s.id, s.revision AS at, false AS by_stock
    FROM retail_sku s
    WHERE s.revision > %(position)s
    ORDER BY s.revision
    LIMIT %(limit)s + 1
), moved AS MATERIALIZED (
    SELECT b.sku_id, b.revision, true
    FROM stock_balance b
    JOIN retail_sku s ON s.id = b.sku_id
    WHERE (SELECT by_stock FROM feed) AND b.warehouse_id = (SELECT warehouse_id FROM feed)
      AND b.revision > 0 AND b.revision > %(stock)s AND s.revision <= %(position)s
    ORDER BY b.revision
    LIMIT %(limit)s + 1 - (SELECT count(*) FROM changed)
), candidate AS MATERIALIZED (
    SELECT * FROM changed UNION ALL SELECT * FROM moved
),
--- judged.sql
SELECT feed.revision, feed.epoch, feed.load, feed.rule_revision, feed.stock_revision,
       page.by_stock, page.at, s.code,
       page.refusal IS NULL AS sold_here, page.price, page.price IS NOT NULL OR NOT page.priced_only AS ever_sold_here,
       coalesce(nullif(i.full_name, ''), i.name) || coalesce(' (' || k.name || ')', '') AS name,
       coalesce(c.name, '') AS characteristic,
       i.article, i.group_id, u.short_name AS unit, i.weighed, page.vat, i.marking, s.plu,
       coalesce(barcode.list, '{}') AS barcodes
FROM feed
LEFT JOIN (
    SELECT judged.*, candidate.by_stock, candidate.at, rule.priced_only
    FROM judged
    JOIN candidate USING (id)
    CROSS JOIN rule
) AS page ON true
LEFT JOIN retail_sku s ON s.id = page.id
LEFT JOIN retail_item i ON i.id = s.item_id
LEFT JOIN retail_unit u ON u.id = i.unit_id
LEFT JOIN retail_characteristic c ON c.id = s.characteristic_id
LEFT JOIN retail_pack k ON k.id = s.pack_id
LEFT JOIN LATERAL (
    SELECT array_agg(b.value ORDER BY b.id) AS list FROM retail_barcode b WHERE b.sku_id = s.id
) AS barcode ON true
ORDER BY page.by_stock, page.at
