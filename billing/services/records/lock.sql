-- Lock the cards of these numbers in one order, so that two receipts of the same two cards do not wait for each other.
SELECT c.id
FROM billing_discountcard c
WHERE c.id IN (SELECT n.card_id FROM billing_cardnumber n WHERE n.value = ANY (%(cards)s::text[]))
ORDER BY c.id
FOR NO KEY UPDATE
