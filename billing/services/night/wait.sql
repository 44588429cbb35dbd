-- Wait for whoever is at a chunk that is planned; take it, if he left it as it was. Locks its row.
SELECT k.id, k.first_card, k.last_card
FROM billing_nightchunk k
WHERE k.run_id = %(run)s AND k.state = 'planned'
ORDER BY k.place
LIMIT 1
FOR NO KEY UPDATE
