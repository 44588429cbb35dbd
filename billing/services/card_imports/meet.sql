-- Let what came from a file meet what its card owed before.
SELECT billing_meet(c.id, c.version, o.id, NULL, %(now)s)
FROM billing_discountcard c
JOIN billing_billingoperation o ON o.uid = 'opening.' || c.id
WHERE c.id = ANY (%(cards)s::bigint[])
  AND EXISTS (SELECT FROM billing_lot l WHERE l.card_id = c.id AND l.amount < 0 AND l.open)
