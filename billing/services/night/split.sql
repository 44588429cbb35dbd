-- Halve a chunk that failed, by the cards that have something due; one card alone has failed for good, and is returned.
-- Locks the chunk. One that is not as it was tried has been split by somebody else.
WITH chunk AS MATERIALIZED (
    SELECT k.id, k.run_id, k.first_card, k.last_card, r.kind, r.until
    FROM billing_nightchunk k JOIN billing_nightrun r ON r.id = k.run_id
    WHERE k.id = %(chunk)s AND k.first_card = %(first)s AND k.last_card = %(last)s AND k.state = 'planned'
    FOR NO KEY UPDATE OF k
), due AS MATERIALIZED (
    SELECT c.card_id, ntile(2) OVER (ORDER BY c.card_id) AS half
    FROM (
        SELECT l.card_id FROM chunk k JOIN billing_lot l ON l.card_id BETWEEN k.first_card AND k.last_card
        WHERE k.kind = 'accrual' AND NOT l.activated AND l.open AND l.active_from < k.until
        UNION
        SELECT l.card_id FROM chunk k JOIN billing_lot l ON l.card_id BETWEEN k.first_card AND k.last_card
        WHERE k.kind = 'write_off' AND l.activated AND l.open AND l.expires_at <= k.until
    ) AS c
), bounds AS MATERIALIZED (
    SELECT count(*) AS cards, min(d.card_id) AS first, max(d.card_id) FILTER (WHERE d.half = 1) AS first_ends,
           min(d.card_id) FILTER (WHERE d.half = 2) AS second, max(d.card_id) AS last
    FROM due d
), first_half AS (
    -- With nothing due any more it stays planned, and there will be nothing to fail.
    UPDATE billing_nightchunk k
    SET first_card = coalesce(b.first, k.first_card), last_card = coalesce(b.first_ends, k.last_card),
        state = CASE b.cards WHEN 1 THEN 'failed' ELSE k.state END, error = %(error)s
    FROM bounds b, chunk c
    WHERE k.id = c.id
    RETURNING k.state, k.first_card
), second_half AS (
    INSERT INTO billing_nightchunk (
        run_id, place, first_card, last_card, state, error, cards, lots, bonuses, turnover, receipts
    )
    SELECT c.run_id, (SELECT max(o.place) + 1 FROM billing_nightchunk o WHERE o.run_id = c.run_id), b.second, b.last,
           'planned', %(error)s, 0, 0, 0, 0, 0
    FROM chunk c, bounds b
    WHERE b.second IS NOT NULL
)
SELECT f.first_card FROM first_half f WHERE f.state = 'failed'
