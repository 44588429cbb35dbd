-- A page of a document's lines: a card, a measure and how much, from the card after one. So many cards, one step of the
-- index after another: whatever is thought of how many there are, no more are read.
WITH RECURSIVE page AS (
    (
        SELECT e.card_id, 1 AS place
        FROM billing_ledgerentry e
        WHERE e.document_id = %(document)s AND e.card_id > %(after)s
        ORDER BY e.card_id
        LIMIT 1
    )
    UNION ALL
    SELECT n.card_id, p.place + 1
    FROM page p
    CROSS JOIN LATERAL (
        SELECT e.card_id
        FROM billing_ledgerentry e
        WHERE e.document_id = %(document)s AND e.card_id > p.card_id
        ORDER BY e.card_id
        LIMIT 1
    ) AS n
    WHERE p.place < %(most)s
)
SELECT p.card_id, l.measure, l.amount, l.lots
FROM page p
CROSS JOIN LATERAL (
    SELECT e.measure, abs(sum(e.delta)) AS amount, count(*) AS lots
    FROM billing_ledgerentry e
    WHERE e.document_id = %(document)s AND e.card_id = p.card_id AND e.kind IN ('begun', 'expired')
    GROUP BY e.measure
    OFFSET 0
) AS l
ORDER BY p.card_id, l.measure
