-- Lots that have not begun and do not hold what was accrued less what was taken back.
SELECT format('lot %%s of card %%s', d.id, d.card_id), 'remaining', d.remaining::text, d.counted::text
FROM (
    SELECT l.id, l.card_id, l.remaining, greatest(l.amount - coalesce((
               SELECT sum(CASE l.measure WHEN 'bonuses' THEN r.bonuses WHEN 'turnover' THEN r.turnover ELSE r.receipts END)
               FROM billing_billingoperation o
               JOIN billing_billingoperation r ON r.of = o.uid AND r.of <> ''
                                              AND billing_newest(r.card_id) = billing_newest(o.card_id)
               WHERE o.id = l.operation_id
           ), 0), 0) AS counted
    FROM billing_lot l
    WHERE NOT l.activated
) AS d
WHERE d.remaining <> d.counted
ORDER BY d.id
