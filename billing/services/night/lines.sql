-- A page of a document's lines: a card, a measure and how much, from the card after one. So many cards.
SELECT e.card_id, e.measure, abs(sum(e.delta)), count(*)
FROM (
    SELECT DISTINCT p.card_id
    FROM billing_ledgerentry p
    WHERE p.document_id = %(document)s AND p.card_id > %(after)s
    ORDER BY p.card_id
    LIMIT %(most)s
) AS c
JOIN billing_ledgerentry e ON e.document_id = %(document)s AND e.card_id = c.card_id AND e.kind IN ('begun', 'expired')
GROUP BY e.card_id, e.measure
ORDER BY e.card_id, e.measure
