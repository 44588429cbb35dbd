-- Count a tell of a register, known by itself or by the digest of its hook, and say whether to put a hint on the queue.
--
-- A hint is spared where a fetch under way will look at the counters at its end, where failures have earned the register
-- a rest, and where one was given within ten seconds. Locks the row, for this statement.
WITH source AS (
    SELECT id, due_at, %(shift_close)s::boolean OR mode = 'receipt' AS urgent,
           coalesce(claimed_until <= %(now)s, true) AND coalesce(retry_at <= %(now)s, true) AS free
    FROM exchange_uploadsource
    WHERE register_id = %(register)s OR hook_digest = %(digest)s
    FOR UPDATE
), judged AS (
    SELECT id, urgent,
           urgent AND free
               AND (due_at > %(now)s OR due_at < %(now)s - interval '10 seconds') AS hint
    FROM source
)
UPDATE exchange_uploadsource u
SET told = u.told + 1,
    wanted = u.wanted + urgent::int,
    last_tell_at = %(now)s,
    behind_since = coalesce(u.behind_since, %(now)s),
    reason = CASE WHEN NOT urgent THEN u.reason WHEN %(shift_close)s THEN 'shift_close' ELSE 'tell' END,
    due_at = CASE WHEN hint THEN %(now)s WHEN urgent THEN least(u.due_at, %(now)s) ELSE u.due_at END
FROM judged
WHERE u.id = judged.id
RETURNING u.id, u.register_id, u.mode, hint
