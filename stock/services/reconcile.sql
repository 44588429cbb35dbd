-- What of a closed shift does not agree, apart from the register's counters: one row for each finding, none if all does.
-- Receipts against documents (amounts) and movements (quantities of each SKU), lines of goods nobody knows, and numbers
-- of transactions and receipts that are missing. A gap is between two neighbours by number; where time runs backwards
-- between them the register began to count anew, and nothing is missing.
WITH document AS MATERIALIZED (
    SELECT stockdocument_ptr_id AS id FROM stock_currentsales WHERE shift_id = %(shift)s
    UNION ALL
    SELECT stockdocument_ptr_id FROM stock_zreport WHERE shift_id = %(shift)s
), line AS MATERIALIZED (
    SELECT r.transaction_id, r.number, r.kind, r.total, l.line, l.sku_id, l.sku_code, l.barcode, l.quantity, l.amount
    FROM registers_receipt r
    JOIN registers_receiptline l ON l.receipt_id = r.transaction_id
    WHERE r.shift_id = %(shift)s AND r.kind IN ('sale', 'return')
), unknown AS (
    SELECT row_number() OVER (ORDER BY transaction_id, line) AS place, l.* FROM line l WHERE sku_id IS NULL
), uneven AS (
    SELECT kind, transaction_id, number, total - sum(amount) AS difference,
           row_number() OVER (PARTITION BY kind ORDER BY transaction_id) AS place
    FROM line
    GROUP BY kind, transaction_id, number, total
    HAVING total <> sum(amount)
), posted AS (
    SELECT kind, sum(amount) AS amount
    FROM stock_salesline
    WHERE document_id IN (SELECT id FROM document)
    GROUP BY kind
), amount AS (
    SELECT k.kind,
           coalesce((s.totals ->> (k.kind || '.total'))::numeric, 0)
               - coalesce((SELECT sum(u.amount) FROM unknown u WHERE u.kind = k.kind), 0) AS expected,
           coalesce((SELECT p.amount FROM posted p WHERE p.kind = k.kind), 0) AS found
    FROM registers_shift s
    CROSS JOIN (VALUES ('sale'), ('return')) AS k(kind)
    WHERE s.id = %(shift)s
), quantity AS (
    -- Both sides in one list and summed: joined, they would be two parts whose sizes the planner cannot know.
    SELECT sku_id, sum(told) AS told, sum(moved) AS moved
    FROM (
        SELECT l.sku_id, CASE l.kind WHEN 'sale' THEN l.quantity ELSE -l.quantity END AS told, 0 AS moved
        FROM line l
        JOIN retail_sku s ON s.id = l.sku_id
        JOIN retail_item i ON i.id = s.item_id
        WHERE i.kind = 'goods'
        UNION ALL
        SELECT sku_id, 0, -quantity FROM stock_movement WHERE document_id IN (SELECT id FROM document)
    ) AS both_sides
    GROUP BY sku_id
    HAVING sum(told) <> sum(moved)
), unmoved AS (
    SELECT s.code, q.told, q.moved, row_number() OVER (ORDER BY s.code) AS place
    FROM quantity q
    JOIN retail_sku s ON s.id = q.sku_id
), span AS MATERIALIZED (
    SELECT min(t.number) - 100 AS first, max(t.number) + 100 AS last,
           min(s.first_at) AS begins, greatest(min(s.closed_at), max(r.occurred_at)) AS ends
    FROM registers_shift s
    JOIN registers_receipt r ON r.shift_id = s.id
    JOIN registers_kkmtransaction t ON t.id = r.transaction_id
    WHERE s.id = %(shift)s
), transaction_number AS MATERIALIZED (
    SELECT t.number, max(t.occurred_at) AS at
    FROM span
    JOIN registers_kkmtransaction t
      ON t.register_id = %(register)s AND t.number BETWEEN span.first AND span.last
     AND t.occurred_at BETWEEN span.begins AND span.ends
     AND t.protocol <> ALL (%(by_lines)s)  -- Of a receipt's lines all but the last have numbers of their own.
    GROUP BY t.number
), told_number AS (
    SELECT 'transaction_gap' AS what, number, at FROM transaction_number
    UNION ALL
    -- The last one before the shift: what is missing between them may have been of either.
    (
        SELECT 'transaction_gap', number, occurred_at
        FROM registers_kkmtransaction
        WHERE register_id = %(register)s AND number < (SELECT min(number) FROM transaction_number)
          AND protocol <> ALL (%(by_lines)s)
        ORDER BY number DESC
        LIMIT 1
    )
    UNION ALL
    SELECT 'receipt_gap', number, max(occurred_at)
    FROM registers_receipt
    WHERE shift_id = %(shift)s AND kind IN ('sale', 'return', 'cancelled') AND number > 0
    GROUP BY number
), neighbours AS (
    SELECT what, number, at, lead(number) OVER numbered AS next, lead(at) OVER numbered AS next_at
    FROM told_number
    WINDOW numbered AS (PARTITION BY what ORDER BY number)
), gap AS (
    SELECT what, number + 1 AS first, next - 1 AS last, row_number() OVER (PARTITION BY what ORDER BY number) AS place
    FROM neighbours
    WHERE next - number > 1 AND next_at >= at
)
SELECT 'unknown_lines', '', 0, count(*), jsonb_build_object(
           'amount', sum(CASE kind WHEN 'sale' THEN amount ELSE -amount END)::text,
           'lines', jsonb_agg(jsonb_build_object(
               'receipt', transaction_id, 'number', number, 'line', line, 'sku', sku_code, 'barcode', barcode
           ) ORDER BY place) FILTER (WHERE place <= 100)
       )
FROM unknown
HAVING count(*) > 0
UNION ALL
SELECT 'posted_amount', a.kind, a.expected, a.found, jsonb_build_object('receipts', coalesce((
           SELECT jsonb_agg(jsonb_build_object(
               'receipt', u.transaction_id, 'number', u.number, 'difference', u.difference::text
           ) ORDER BY u.place)
           FROM uneven u
           WHERE u.kind = a.kind AND u.place <= 100
       ), '[]'))
FROM amount a
WHERE a.expected <> a.found
UNION ALL
SELECT 'moved_quantity', '', sum(told), sum(moved), jsonb_build_object(
           'count', count(*),
           'skus', jsonb_agg(jsonb_build_object(
               'sku', code, 'expected', told::text, 'found', moved::text
           ) ORDER BY place) FILTER (WHERE place <= 100)
       )
FROM unmoved
HAVING count(*) > 0
UNION ALL
SELECT what, '', least(sum(last - first + 1), 999999999999), 0, jsonb_build_object(
           'count', count(*),
           'gaps', jsonb_agg(jsonb_build_array(first, last) ORDER BY place) FILTER (WHERE place <= 100)
       )
FROM gap
GROUP BY what
