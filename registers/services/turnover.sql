-- Sales and returns of the day that begins at %(today)s and of the one that begins at %(before)s, by hours counted from the
-- former's beginning. What of the latter was before %(then)s is told apart. Nothing is done to each row that can be done to
-- an hour: a large chain has some hundred thousand receipts in two days.
SELECT date_bin('1 hour', occurred_at, %(today)s) AS hour, occurred_at < %(then)s AS by_then,
       count(*) FILTER (WHERE kind = 'sale'),
       coalesce(sum(total) FILTER (WHERE kind = 'sale'), 0),
       coalesce(sum(total) FILTER (WHERE kind = 'return'), 0)
FROM (
    SELECT occurred_at, kind, total
    FROM registers_receipt
    WHERE occurred_at >= %(today)s AND occurred_at < %(tomorrow)s
    UNION ALL
    SELECT occurred_at, kind, total
    FROM registers_receipt
    WHERE occurred_at >= %(before)s AND occurred_at < %(after)s
) AS told
WHERE kind IN ('sale', 'return')
GROUP BY 1, 2
