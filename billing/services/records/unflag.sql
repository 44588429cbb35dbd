-- Take a problem that is one no more off a transaction, and the transaction off the error desk if it was the last.
UPDATE registers_kkmtransaction t
SET problems = left_over.problems, state = CASE WHEN left_over.problems = '[]' THEN 'mended' ELSE t.state END
FROM (
    SELECT coalesce(jsonb_agg(p.problem ORDER BY p.place) FILTER (WHERE p.problem <> %(problem)s::jsonb), '[]') AS problems
    FROM registers_kkmtransaction k
    CROSS JOIN LATERAL jsonb_array_elements(k.problems) WITH ORDINALITY AS p(problem, place)
    WHERE k.id = %(transaction)s
) AS left_over
WHERE t.id = %(transaction)s AND t.state = 'error_desk'
