-- The SKUs of some items with everything a device may be told of them, in the order of the wire: an item, its variants,
-- their packs. `changes`: those that do not pass are told, too, if there was ever a price or none is needed, and they may
-- have passed where the device stands (`catalogue`, `stock`): what keeps them out now has come since. Others it has never
-- heard of, and must not hear of now: there is no word for a good that is marked, or not to be sold.
WITH RECURSIVE candidate AS (
    SELECT id FROM retail_sku WHERE item_id = ANY (%(items)s::bigint[])
),
--- judged.sql
SELECT s.id, s.code, s.item_id, s.characteristic_id, s.pack_id,
       i.name, coalesce(nullif(i.full_name, ''), i.name) AS full_name, coalesce(c.name, '') AS characteristic,
       coalesce(k.name, '') AS pack, k.quantity AS pack_quantity, i.article, i.group_id,
       u.code AS unit_code, u.short_name AS unit, i.weighed, judged.service, i.marking, coalesce(judged.vat, 'none') AS vat,
       coalesce(judged.price, 0) AS price, CASE WHEN rule.balances THEN judged.available END AS available,
       coalesce(barcode.list, '{}') AS barcodes, s.plu, judged.refusal IS NOT NULL AS withdrawn
FROM judged
CROSS JOIN rule
JOIN retail_sku s ON s.id = judged.id
JOIN retail_item i ON i.id = s.item_id
JOIN retail_unit u ON u.id = i.unit_id
LEFT JOIN retail_characteristic c ON c.id = s.characteristic_id
LEFT JOIN retail_pack k ON k.id = s.pack_id
LEFT JOIN retail_skumove moved ON moved.sku_id = s.id
LEFT JOIN LATERAL (
    SELECT array_agg(b.value ORDER BY b.id) AS list FROM retail_barcode b WHERE b.sku_id = s.id
) AS barcode ON true
WHERE judged.refusal IS NULL
   OR (%(changes)s AND (judged.price IS NOT NULL OR NOT rule.priced_only)
       AND NOT judged.left_out
       AND (NOT judged.shut_out OR moved.revision > %(catalogue)s)
       AND (judged.refusal NOT IN ('withdrawn', 'no_price', 'zero_price') OR s.revision > %(catalogue)s)
       AND (judged.refusal <> 'not_in_stock' OR judged.left_at > %(stock)s OR moved.revision > %(catalogue)s))
ORDER BY s.item_id, s.characteristic_id NULLS FIRST, s.pack_id NULLS FIRST, s.id
