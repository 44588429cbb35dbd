-- Which SKUs of a posted count the books no longer show, at the moment of counting, as it counted them.
SELECT l.sku_id
FROM stock_stockcount c
JOIN stock_stockdocument d ON d.id = c.stockdocument_ptr_id
CROSS JOIN LATERAL stock_expected(d.warehouse_id, c.counted_at, %(skus)s::bigint[]) AS e
JOIN stock_countline l ON l.document_id = c.stockdocument_ptr_id AND l.sku_id = e.sku_id
WHERE c.stockdocument_ptr_id = %(document)s AND l.counted <> e.expected
ORDER BY l.line
