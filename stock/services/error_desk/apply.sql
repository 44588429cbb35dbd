-- Take transactions apart that were recorded before: what the intake does with a new one, but for the recording. The
-- parts named in braces are those of intake.sql, word for word, so that a mended sale is a sale like any other.
-- The caller holds the rows of the transactions. Locks, in the global order: the shifts, the reservations, the feed.
WITH sender AS MATERIALIZED (
    SELECT %(register)s::bigint AS id, %(warehouse)s::bigint AS warehouse_id
), {entry}
), fresh AS MATERIALIZED (
    SELECT e.*,
           (%(transactions)s::bigint[])[e.i] AS known_id,
           coalesce((
               SELECT true FROM registers_receipt r WHERE r.register_id = e.register_id AND r.uid = e.receipt_uid
           ), false) AS repeated
    FROM entry e
), {judging}
), recorded AS (
    -- A key that could be read stays; of one that could not, the unique id stays unread, so that the very bytes, told
    -- once more, are known by their hash.
    UPDATE registers_kkmtransaction t
    SET kind = j.kind,
        shift_number = j.shift,
        amount = j.amount,
        number = coalesce(t.number, j.number),
        occurred_at = coalesce(t.occurred_at, j.at),
        state = CASE j.final_state WHEN 'error_desk' THEN 'error_desk' ELSE 'mended' END,
        problems = j.final_problems
    FROM judged j
    WHERE t.id = j.known_id AND j.taken_apart
    RETURNING t.id, j.body_hash
), {taking_apart}
)
SELECT taken_apart, final_problems, EXISTS (SELECT FROM moved) AS moved
FROM judged
ORDER BY i
