-- Documents of sales that moved something else than they hold: sales less returns of goods go out.
WITH document AS MATERIALIZED (
    SELECT c.stockdocument_ptr_id AS id
    FROM stock_currentsales c
    JOIN registers_shift s ON s.id = c.shift_id
    WHERE s.first_at >= coalesce(%(since)s::timestamptz, '-infinity')
    UNION ALL
    SELECT z.stockdocument_ptr_id
    FROM stock_zreport z
    JOIN registers_shift s ON s.id = z.shift_id
    WHERE s.first_at >= coalesce(%(since)s::timestamptz, '-infinity')
), difference AS (
    SELECT document_id, sku_id, sum(stored) AS stored, sum(counted) AS counted
    FROM (
        SELECT m.document_id, m.sku_id, m.quantity AS stored, 0 AS counted
        FROM document d
        JOIN stock_movement m ON m.document_id = d.id
        UNION ALL
        SELECT l.document_id, l.sku_id, 0, CASE l.kind WHEN 'sale' THEN -l.quantity ELSE l.quantity END
        FROM document d
        JOIN stock_salesline l ON l.document_id = d.id
        JOIN retail_sku s ON s.id = l.sku_id
        JOIN retail_item i ON i.id = s.item_id
        WHERE i.kind = 'goods'
    ) AS both_sides
    GROUP BY document_id, sku_id
    HAVING sum(stored) <> sum(counted)
)
SELECT format('%%s %%s of %%s, SKU %%s', sd.kind, sd.number, sd.date::date, s.code), 'moved', d.stored::text,
       d.counted::text
FROM difference d
JOIN stock_stockdocument sd ON sd.id = d.document_id
JOIN retail_sku s ON s.id = d.sku_id
ORDER BY 1
