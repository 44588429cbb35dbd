-- Shifts whose reports do not add up to the totals of the shift, but for those that wait to be settled; and reports whose
-- totals are not those laid out by VAT rate and kind of payment.
WITH shift AS MATERIALIZED (
    SELECT s.id, s.register_id, s.number, s.totals
    FROM registers_shift s
    WHERE s.first_at >= coalesce(%(since)s::timestamptz, '-infinity')
      AND EXISTS (SELECT FROM stock_zreport z WHERE z.shift_id = s.id)
), both_sides AS (
    SELECT z.shift_id, t.key, t.value::numeric AS stored, 0 AS counted
    FROM shift s
    JOIN stock_zreport z ON z.shift_id = s.id
    CROSS JOIN LATERAL jsonb_each_text(z.totals) AS t
    UNION ALL
    SELECT s.id, t.key, 0, t.value::numeric
    FROM shift s
    CROSS JOIN LATERAL jsonb_each_text(s.totals) AS t
), laid_out AS (
    SELECT z.stockdocument_ptr_id AS report_id, t.key, t.value::numeric AS stored, 0 AS counted
    FROM shift s
    JOIN stock_zreport z ON z.shift_id = s.id
    CROSS JOIN LATERAL jsonb_each_text(z.totals) AS t
    WHERE t.key LIKE '%%.vat.%%' OR t.key LIKE '%%.paid.%%'
    UNION ALL
    SELECT t.report_id, t.kind || CASE t.by WHEN 'vat' THEN '.vat.' ELSE '.paid.' END || t.key, 0, t.amount
    FROM shift s
    JOIN stock_zreport z ON z.shift_id = s.id
    JOIN stock_zreporttotal t ON t.report_id = z.stockdocument_ptr_id
)
SELECT format('register %%s, shift %%s', r.number, s.number), 'Z-reports, ' || b.key, sum(b.stored)::text,
       sum(b.counted)::text
FROM both_sides b
JOIN shift s ON s.id = b.shift_id
JOIN registers_register r ON r.id = s.register_id
WHERE NOT EXISTS (SELECT FROM stock_unsettledshift u WHERE u.shift_id = s.id)
GROUP BY r.number, s.number, s.id, b.key
HAVING sum(b.stored) <> sum(b.counted)
UNION ALL
SELECT format('Z-report %%s of %%s', d.number, d.date::date), l.key, sum(l.stored)::text, sum(l.counted)::text
FROM laid_out l
JOIN stock_stockdocument d ON d.id = l.report_id
GROUP BY d.id, l.key
HAVING sum(l.stored) <> sum(l.counted)
ORDER BY 1, 2
