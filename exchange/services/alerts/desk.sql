-- Transactions that wait for a person on the error desk, where they are so many or more: one finding for a rule.
SELECT u.id, 'stock.desktransaction:0', true, json_build_object(
           'count', count(*), 'lately', count(*) FILTER (WHERE t.received_at > %(now)s::timestamptz - interval '1 hour')
       )::text
FROM registers_kkmtransaction t
JOIN registers_register k ON k.id = t.register_id
JOIN exchange_alertrule u ON (u.register_id IS NULL OR k.id = u.register_id)
    AND (u.shop_id IS NULL OR k.shop_id = u.shop_id)
WHERE t.state = 'error_desk' AND u.id = ANY (%(rules)s)
GROUP BY u.id, u.threshold
HAVING count(*) >= u.threshold
