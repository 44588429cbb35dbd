-- End holds whose receipt has come and did not end them: it came at the very moment of their placing, or from another
-- warehouse than they are of. Returns the warehouse of each that it ended.
SELECT stock_end_hold(
           r.id, CASE f.kind WHEN 'sale' THEN 'committed' ELSE 'released' END,
           CASE f.kind WHEN 'sale' THEN f.transaction_id END, NULL, ''
       )
FROM stock_reservation r
CROSS JOIN LATERAL (
    SELECT kind, transaction_id FROM registers_receipt WHERE register_id = r.register_id AND uid = r.receipt_uid OFFSET 0
) AS f
WHERE r.state = 'open'
