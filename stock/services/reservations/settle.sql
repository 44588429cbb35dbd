-- Open holds whose receipt has come and did not end them: it came at the very moment of their placing, or from another
-- warehouse than they are of. Returns each with how it is to end, and the transaction it was sold by.
SELECT r.id, CASE f.kind WHEN 'sale' THEN 'committed' ELSE 'released' END,
       CASE f.kind WHEN 'sale' THEN f.transaction_id END
FROM stock_reservation r
CROSS JOIN LATERAL (
    SELECT kind, transaction_id FROM registers_receipt WHERE register_id = r.register_id AND uid = r.receipt_uid OFFSET 0
) AS f
WHERE r.state = 'open'
UNION ALL
-- An order is sold by whatever register names it.
SELECT r.id, 'committed', o.receipt_id
FROM stock_reservation r
JOIN stock_customerorder o ON o.stockdocument_ptr_id = r.order_id
WHERE r.state = 'open' AND r.order_id IS NOT NULL AND o.receipt_id IS NOT NULL
ORDER BY 1
