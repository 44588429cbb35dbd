-- Open holds whose receipt has come and did not end them: it came at the very moment of their placing, or from another
-- warehouse than they are of. Returns each with how it is to end, and the transaction it was sold by.
SELECT r.id, CASE f.kind WHEN 'sale' THEN 'committed' ELSE 'released' END,
       CASE f.kind WHEN 'sale' THEN f.transaction_id END
FROM stock_reservation r
CROSS JOIN LATERAL (
    SELECT kind, transaction_id FROM registers_receipt WHERE register_id = r.register_id AND uid = r.receipt_uid OFFSET 0
) AS f
WHERE r.state = 'open'
ORDER BY r.id
