-- Put on a draft count every SKU of goods whose balance in its warehouse is not zero, of the groups given or of all,
-- unless it stands there already. Returns how many were put on.
INSERT INTO stock_countline (document_id, line, sku_id, counted, expected, price)
SELECT %(document)s,
       coalesce((SELECT max(line) FROM stock_countline WHERE document_id = %(document)s), 0)
           + row_number() OVER (ORDER BY s.name, s.id),
       s.id, NULL, 0, 0
FROM stock_stockdocument d
JOIN stock_balance b ON b.warehouse_id = d.warehouse_id
JOIN retail_sku s ON s.id = b.sku_id
JOIN retail_item i ON i.id = s.item_id
WHERE d.id = %(document)s AND i.kind = 'goods' AND (b.on_hand <> 0 OR b.sold <> 0)
  AND (%(groups)s::bigint[] IS NULL OR i.group_id = ANY (%(groups)s::bigint[]))
  AND NOT EXISTS (SELECT FROM stock_countline l WHERE l.document_id = %(document)s AND l.sku_id = b.sku_id)
RETURNING 1
