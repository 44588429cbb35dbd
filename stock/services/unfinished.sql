-- What of all that registers told waits for somebody: the error desk (in all, and by the code of the problem: a transaction
-- with two of them waits for both), conflicts, receipts in no document and when the first of them came, Z-reports in
-- which something differs that nobody has accepted, balances below zero. Each of these is small beside what it is part of,
-- and has an index of its own.
SELECT (SELECT count(*) FROM registers_kkmtransaction WHERE state = 'error_desk'),
       (
           SELECT coalesce(jsonb_object_agg(code, waiting), '{}')
           FROM (
               SELECT p.problem->>'code' AS code, count(DISTINCT t.id) AS waiting
               FROM registers_kkmtransaction t
               CROSS JOIN LATERAL jsonb_array_elements(
                   CASE jsonb_typeof(t.problems) WHEN 'array' THEN t.problems ELSE '[]' END
               ) AS p(problem)
               WHERE t.state = 'error_desk' AND p.problem->>'code' IS NOT NULL
               GROUP BY 1
           ) AS cause
       ),
       (SELECT count(*) FROM registers_transactionconflict WHERE settled_at IS NULL),
       unposted.receipts,
       (SELECT received_at FROM registers_kkmtransaction WHERE id = unposted.oldest),
       (
           SELECT count(DISTINCT d.report_id)
           FROM stock_discrepancy d
           JOIN stock_zreport z ON z.stockdocument_ptr_id = d.report_id
           WHERE d.resolved_at IS NULL AND d.accepted_at IS NULL
             AND NOT EXISTS (SELECT FROM stock_unsettledshift u WHERE u.shift_id = z.shift_id)
       ),
       (SELECT count(*) FROM stock_balance WHERE on_hand < sold + reserved)
FROM (SELECT count(*) AS receipts, min(receipt_id) AS oldest FROM stock_unpostedreceipt) AS unposted
