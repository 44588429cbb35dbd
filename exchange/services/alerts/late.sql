-- Receipts that no document holds, where the oldest of them came so many minutes ago: one finding for a rule.
WITH waiting AS MATERIALIZED (
    SELECT shift_id, count(*) AS receipts, min(receipt_id) AS oldest FROM stock_unpostedreceipt GROUP BY shift_id
)
SELECT u.id, 'registers.receipt:0', true,
       json_build_object('count', sum(w.receipts)::bigint, 'since', min(t.received_at))::text
FROM waiting w
JOIN registers_shift shift ON shift.id = w.shift_id
JOIN registers_register k ON k.id = shift.register_id
JOIN registers_kkmtransaction t ON t.id = w.oldest
JOIN exchange_alertrule u ON (u.register_id IS NULL OR k.id = u.register_id)
    AND (u.shop_id IS NULL OR k.shop_id = u.shop_id)
WHERE u.id = ANY (%(rules)s)
GROUP BY u.id, u.threshold
HAVING min(t.received_at) < %(now)s::timestamptz - u.threshold * interval '1 minute'
