-- SKUs that changed after a register's position, with what the register may know of each, and where the catalogue
-- stands, in one snapshot. `sold_here`: passes the register's rule (not withdrawn, goods or service with a price above
-- zero in force in the price type of its warehouse). One that does not pass and ever had a price here is told as
-- withdrawn by the caller, who knows whether the register can have heard of it. A register that has an exchange rule is
-- told so, and no goods: another statement reads those.
-- Every row of a page is read with its neighbours in set-based joins; nothing is asked per row.
WITH feed AS MATERIALIZED (
    SELECT c.revision, c.epoch,
           (SELECT coalesce(max(l.sequence), 0) FROM exchange_registerloadline l WHERE l.register_id = %(register)s)
               AS load,
           (SELECT e.rule_id FROM exchange_equipment e WHERE e.register_id = %(register)s) AS rule
    FROM retail_catalogue c
), page AS MATERIALIZED (
    SELECT s.id, s.code, s.plu, s.revision, s.withdrawn, s.item_id, s.characteristic_id, s.pack_id
    FROM retail_sku s
    WHERE s.revision > %(position)s AND (SELECT rule FROM feed) IS NULL
    ORDER BY s.revision
    LIMIT %(limit)s + 1
)
SELECT feed.rule, feed.revision, feed.epoch, feed.load,
       page.revision, page.code,
       NOT (page.withdrawn OR i.withdrawn) AND coalesce(price.amount, 0) > 0 AS sold_here,
       price.amount,
       coalesce(nullif(i.full_name, ''), i.name) || coalesce(' (' || k.name || ')', '') AS name,
       coalesce(c.name, '') AS characteristic,
       i.article, i.group_id, u.short_name AS unit, i.weighed, v.code AS vat, i.marking, page.plu,
       coalesce(barcode.list, '{}') AS barcodes
FROM feed
LEFT JOIN page ON true
LEFT JOIN retail_item i ON i.id = page.item_id
LEFT JOIN retail_unit u ON u.id = i.unit_id
LEFT JOIN retail_vatrate v ON v.id = i.vat_rate_id
LEFT JOIN retail_characteristic c ON c.id = page.characteristic_id
LEFT JOIN retail_pack k ON k.id = page.pack_id
LEFT JOIN LATERAL (
    SELECT p.amount
    FROM retail_price p
    WHERE p.sku_id = page.id AND p.price_type_id = %(price_type)s AND p.valid_from <= %(now)s
    ORDER BY p.valid_from DESC
    LIMIT 1
) AS price ON true
LEFT JOIN LATERAL (
    SELECT array_agg(b.value ORDER BY b.id) AS list FROM retail_barcode b WHERE b.sku_id = page.id
) AS barcode ON true
ORDER BY page.revision
