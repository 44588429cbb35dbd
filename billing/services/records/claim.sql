-- Take the next transaction off the queue of those whose operations on cards are not applied: of one register, or of all.
-- Waits for nobody who is at one. None is taken while the chain keeps no discount cards: they wait until it does.
WITH next AS (
    SELECT u.transaction_id
    FROM registers_unbilledtransaction u
    JOIN registers_kkmtransaction t ON t.id = u.transaction_id
    WHERE u.transaction_id > %(after)s AND (%(register)s::bigint IS NULL OR t.register_id = %(register)s)
      AND (SELECT c.discount_cards FROM retail_constants c)
    ORDER BY u.transaction_id
    LIMIT 1
    FOR UPDATE OF u SKIP LOCKED
), taken AS (
    DELETE FROM registers_unbilledtransaction u
    USING next
    WHERE u.transaction_id = next.transaction_id
    RETURNING u.transaction_id, u.records
)
SELECT t.id, t.register_id, t.number, t.occurred_at, coalesce(r.uid, ''), coalesce(r.card_number, ''), taken.records::text
FROM taken
JOIN registers_kkmtransaction t ON t.id = taken.transaction_id
LEFT JOIN registers_receipt r ON r.transaction_id = t.id
