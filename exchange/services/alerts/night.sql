-- The last night of cards of each kind, where it left cards out or has run for so many minutes and is not done.
SELECT u.id, 'billing.nightrun:' || run.id, true, json_build_object(
           'date', run.date, 'failed', run.failed, 'since', CASE WHEN run.state = 'running' THEN run.started_at END
       )::text
FROM (SELECT DISTINCT ON (kind) * FROM billing_nightrun ORDER BY kind, date DESC) AS run
JOIN exchange_alertrule u ON run.failed > 0
    OR run.state = 'running' AND run.started_at < %(now)s::timestamptz - u.threshold * interval '1 minute'
WHERE u.id = ANY (%(rules)s)
