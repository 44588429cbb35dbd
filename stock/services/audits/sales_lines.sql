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
    SELECT document_id, sku_id, kind, vat, sum(quantity) AS quantity, sum(told_quantity) AS told_quantity,
           sum(amount) AS amount, sum(told_amount) AS told_amount
    FROM (
        SELECT l.document_id, l.sku_id, l.kind, l.vat, l.quantity, 0 AS told_quantity, l.amount, 0 AS told_amount
        FROM document d
        JOIN stock_salesline l ON l.document_id = d.id
        UNION ALL
        SELECT document_id, sku_id, kind, vat, 0, quantity, 0, amount FROM told
    ) AS both_sides
    GROUP BY document_id, sku_id, kind, vat
    HAVING sum(quantity) <> sum(told_quantity) OR sum(amount) <> sum(told_amount)
)
SELECT format('%%s %%s of %%s, SKU %%s', sd.kind, sd.number, sd.date::date, s.code),
       format('%%s, VAT %%s, %%s', d.kind, d.vat, f.field), f.stored::text, f.counted::text
FROM difference d
CROSS JOIN LATERAL (
    VALUES ('quantity', d.quantity, d.told_quantity), ('amount', d.amount, d.told_amount)
) AS f(field, stored, counted)
JOIN stock_stockdocument sd ON sd.id = d.document_id
JOIN retail_sku s ON s.id = d.sku_id
WHERE f.stored <> f.counted
ORDER BY 1, 2
