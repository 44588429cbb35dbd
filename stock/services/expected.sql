-- Bring lines of a count up to what is known now: what the books say of the moment of counting, and the retail price
-- that was in force then. Of all lines, or of the SKUs given.
UPDATE stock_countline l
SET expected = e.expected,
    price = coalesce((
        SELECT p.amount FROM retail_price p
        WHERE p.sku_id = l.sku_id AND p.price_type_id = w.retail_price_type_id AND p.valid_from <= c.counted_at
        ORDER BY p.valid_from DESC
        LIMIT 1
    ), 0)
FROM stock_stockcount c
JOIN stock_stockdocument d ON d.id = c.stockdocument_ptr_id
JOIN retail_warehouse w ON w.id = d.warehouse_id
CROSS JOIN LATERAL stock_expected(d.warehouse_id, c.counted_at, ARRAY(
    SELECT sku_id FROM stock_countline
    WHERE document_id = %(document)s AND (%(skus)s::bigint[] IS NULL OR sku_id = ANY (%(skus)s::bigint[]))
)) AS e
WHERE c.stockdocument_ptr_id = %(document)s AND l.document_id = %(document)s AND l.sku_id = e.sku_id
