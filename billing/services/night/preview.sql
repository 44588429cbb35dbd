-- What both kinds would write, with nothing written: kind, cards, lots, and how much of each measure. What begins and has
-- ended by then is in both.
SELECT d.kind, count(DISTINCT d.card_id), count(*), coalesce(sum(d.remaining) FILTER (WHERE d.measure = 'bonuses'), 0),
       coalesce(sum(d.remaining) FILTER (WHERE d.measure = 'turnover'), 0),
       coalesce(sum(d.remaining) FILTER (WHERE d.measure = 'receipts'), 0)::bigint
FROM (
    SELECT 'accrual' AS kind, l.card_id, l.measure, l.remaining FROM billing_lot l
    WHERE NOT l.activated AND l.open AND l.active_from < %(begun_before)s
    UNION ALL
    SELECT 'write_off', l.card_id, l.measure, l.remaining FROM billing_lot l
    WHERE l.activated AND l.open AND l.expires_at <= %(ended_by)s
    UNION ALL
    SELECT 'write_off', l.card_id, l.measure, l.remaining FROM billing_lot l
    WHERE NOT l.activated AND l.open AND l.active_from < %(begun_before)s AND l.expires_at <= %(ended_by)s
) AS d
GROUP BY d.kind
