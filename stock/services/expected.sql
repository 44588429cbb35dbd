-- Bring lines of a count up to what is known now: what the books say of the moment of counting, and the retail price
-- that was in force then. Of all lines, or of the SKUs given. Lines and answers are brought together by grouping, since
-- the planner knows the size of neither, and a nested loop over them would be quadratic. What is so already is not
-- written again.
WITH count AS MATERIALIZED (
    SELECT c.counted_at, d.warehouse_id, w.retail_price_type_id
    FROM stock_stockcount c
    JOIN stock_stockdocument d ON d.id = c.stockdocument_ptr_id
    JOIN retail_warehouse w ON w.id = d.warehouse_id
    WHERE c.stockdocument_ptr_id = %(document)s
), line AS MATERIALIZED (
    SELECT id, sku_id FROM stock_countline
    WHERE document_id = %(document)s AND (%(skus)s::bigint[] IS NULL OR sku_id = ANY (%(skus)s::bigint[]))
), known AS MATERIALIZED (
    SELECT part.sku_id, max(part.id) AS id, sum(part.expected) AS expected
    FROM (
        SELECT id, sku_id, NULL AS expected FROM line
        UNION ALL
        SELECT NULL, e.sku_id, e.expected
        FROM count, stock_expected(count.warehouse_id, count.counted_at, ARRAY(SELECT sku_id FROM line)) AS e
    ) AS part
    GROUP BY part.sku_id
), fresh AS MATERIALIZED (
    SELECT known.id, known.expected, coalesce((
        SELECT p.amount FROM retail_price p
        WHERE p.sku_id = known.sku_id AND p.price_type_id = (SELECT retail_price_type_id FROM count)
          AND p.valid_from <= (SELECT counted_at FROM count)
        ORDER BY p.valid_from DESC
        LIMIT 1
    ), 0) AS price
    FROM known
)
UPDATE stock_countline l
SET expected = fresh.expected, price = fresh.price
FROM fresh
WHERE l.id = fresh.id AND (l.expected <> fresh.expected OR l.price <> fresh.price)
