-- Take messages that are due, or whose sender died, for so long as `until`. Endpoints are locked first, each by one taker:
-- so many messages of each are under way and no more, a single one where the last rounds have failed. One without a
-- secret is sent nothing. What another taker has taken meanwhile is seen when the row is updated.
WITH endpoint AS MATERIALIZED (
    SELECT e.id, CASE WHEN e.failures >= %(patience)s THEN 1 ELSE %(room)s::int END AS room
    FROM exchange_webhookendpoint e
    WHERE e.active AND e.salt <> '' AND (e.paused_until IS NULL OR e.paused_until <= %(now)s)
      AND EXISTS (
          SELECT FROM exchange_outgoingmessage m
          WHERE m.endpoint_id = e.id AND m.state IN ('waiting', 'sending') AND m.next_at <= %(now)s
      )
    ORDER BY e.id
    FOR NO KEY UPDATE SKIP LOCKED
), due AS MATERIALIZED (
    SELECT chosen.id
    FROM endpoint
    CROSS JOIN LATERAL (
        SELECT m.id
        FROM exchange_outgoingmessage m
        WHERE m.endpoint_id = endpoint.id AND m.state IN ('waiting', 'sending') AND m.next_at <= %(now)s
        ORDER BY m.next_at, m.id
        LIMIT greatest(endpoint.room - (
            SELECT count(*) FROM exchange_outgoingmessage u
            WHERE u.endpoint_id = endpoint.id AND u.state = 'sending' AND u.next_at > %(now)s
        ), 0)
    ) AS chosen
)
UPDATE exchange_outgoingmessage m
SET state = 'sending', next_at = %(until)s, claim = %(claim)s, attempts = attempts + 1
FROM due
WHERE m.id = due.id AND m.state IN ('waiting', 'sending') AND m.next_at <= %(now)s
RETURNING m.id
