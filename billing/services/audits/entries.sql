-- Figures of cards that are not the sum of their entries.
SELECT format('card %%s', d.card_id), d.measure, d.stored::text, d.counted::text
FROM (
    SELECT card_id, measure, sum(stored) AS stored, sum(counted) AS counted
    FROM (
        SELECT c.id AS card_id, f.measure, f.stored, 0 AS counted
        FROM billing_discountcard c
        CROSS JOIN LATERAL (
            VALUES ('bonuses', c.bonuses), ('turnover', c.turnover), ('receipts', c.receipts)
        ) AS f(measure, stored)
        WHERE f.stored <> 0
        UNION ALL
        SELECT e.card_id, e.measure, 0, e.delta FROM billing_ledgerentry e
    ) AS both_sides
    GROUP BY card_id, measure
    HAVING sum(stored) <> sum(counted)
) AS d
ORDER BY d.card_id, d.measure
