-- Take the next chunk that is planned and that nobody else is at. Locks its row until the transaction ends.
SELECT k.id, k.first_card, k.last_card
FROM billing_nightchunk k
WHERE k.run_id = %(run)s AND k.state = 'planned'
ORDER BY k.place
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED
