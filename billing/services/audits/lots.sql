-- Lots whose remainder is not the sum of their entries; of one that has not begun there are none.
SELECT format('lot %%s of card %%s', l.id, l.card_id), 'remaining', d.stored::text, d.counted::text
FROM (
    SELECT lot_id, sum(stored) AS stored, sum(counted) AS counted
    FROM (
        SELECT b.id AS lot_id, b.remaining AS stored, 0 AS counted FROM billing_lot b WHERE b.activated AND b.open
        UNION ALL
        SELECT e.lot_id, 0, e.delta FROM billing_ledgerentry e
    ) AS both_sides
    GROUP BY lot_id
    HAVING sum(stored) <> sum(counted)
) AS d
LEFT JOIN billing_lot l ON l.id = d.lot_id
ORDER BY d.lot_id
