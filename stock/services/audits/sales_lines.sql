-- Documents of sales whose lines are not the sum of the receipts they took in: the lines a receipt came with, and mended
-- lines by themselves.
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
), told AS (
    SELECT p.document_id, r.kind, l.sku_id, l.vat, l.quantity, l.amount
    FROM document d
    JOIN stock_receiptposting p ON p.document_id = d.id
    JOIN registers_receipt r ON r.transaction_id = p.receipt_id
    JOIN registers_receiptline l ON l.receipt_id = r.transaction_id
    WHERE l.sku_id IS NOT NULL AND NOT EXISTS (SELECT FROM stock_mendedline m WHERE m.line_id = l.id)
    UNION ALL
    SELECT m.document_id, r.kind, l.sku_id, l.vat, l.quantity, l.amount
    FROM document d
    JOIN stock_mendedline m ON m.document_id = d.id
    JOIN registers_receiptline l ON l.id = m.line_id
    JOIN registers_receipt r ON r.transaction_id = l.receipt_id
), difference AS (
    SELECT document_id, sku_id, kind, vat, field, sum(stored) AS stored, sum(counted) AS counted
    FROM (
        SELECT l.document_id, l.sku_id, l.kind, l.vat, f.field, f.figure AS stored, 0 AS counted
        FROM document d
        JOIN stock_salesline l ON l.document_id = d.id
        CROSS JOIN LATERAL (VALUES ('quantity', l.quantity), ('amount', l.amount)) AS f(field, figure)
        UNION ALL
        SELECT t.document_id, t.sku_id, t.kind, t.vat, f.field, 0, f.figure
        FROM told t
        CROSS JOIN LATERAL (VALUES ('quantity', t.quantity), ('amount', t.amount)) AS f(field, figure)
    ) AS both_sides
    GROUP BY document_id, sku_id, kind, vat, field
    HAVING sum(stored) <> sum(counted)
)
SELECT format('%%s %%s of %%s, SKU %%s', sd.kind, sd.number, sd.date::date, s.code),
       format('%%s, VAT %%s, %%s', d.kind, d.vat, d.field), d.stored::text, d.counted::text
FROM difference d
JOIN stock_stockdocument sd ON sd.id = d.document_id
JOIN retail_sku s ON s.id = d.sku_id
ORDER BY 1, 2
