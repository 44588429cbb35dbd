-- Issue a card for each of these numbers, in their order.
WITH asked AS MATERIALIZED (
    SELECT n.value, n.place FROM unnest(%(numbers)s::text[]) WITH ORDINALITY AS n(value, place)
), card AS (
    INSERT INTO billing_discountcard (kind_id, status, issued_at)
    SELECT %(kind)s, 'issued', %(now)s FROM asked ORDER BY place
    RETURNING id
), numbered AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM card
)
INSERT INTO billing_cardnumber (card_id, value, kind)
SELECT numbered.id, asked.value, %(read_as)s
FROM numbered
JOIN asked USING (place)
