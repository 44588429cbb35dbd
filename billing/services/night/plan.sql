-- Plan a run in chunks of whole cards, of about so many lots each. Returns how many.
WITH due AS (
    SELECT l.card_id, count(*) AS lots
    FROM (
        SELECT b.card_id FROM billing_lot b
        WHERE %(kind)s::text = 'accrual' AND NOT b.activated AND b.open AND b.active_from < %(until)s
        UNION ALL
        SELECT b.card_id FROM billing_lot b
        WHERE %(kind)s::text = 'write_off' AND b.activated AND b.open AND b.expires_at <= %(until)s
    ) AS l
    GROUP BY l.card_id
), placed AS (
    SELECT d.card_id, div(sum(d.lots) OVER (ORDER BY d.card_id) - d.lots, %(size)s) AS part FROM due d
), planned AS (
    INSERT INTO billing_nightchunk (
        run_id, place, first_card, last_card, state, error, cards, lots, bonuses, turnover, receipts
    )
    SELECT %(run)s, row_number() OVER (ORDER BY p.part), min(p.card_id), max(p.card_id), 'planned', '', 0, 0, 0, 0, 0
    FROM placed p
    GROUP BY p.part
    RETURNING 1
)
SELECT count(*) FROM planned
