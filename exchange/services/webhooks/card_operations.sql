-- Tell endpoints that chose it of each operation on a discount card from one id to another, with what the card then held.
-- What a card began with when it was taken in from a file is no operation for anybody. Numbers are masked.
INSERT INTO exchange_outgoingmessage (
    endpoint_id, email, uid, key, event, subject, body, made_at, state, attempts, next_at, error, tries
)
SELECT endpoint.id, '', 'msg_' || replace(gen_random_uuid()::text, '-', ''), 'card:' || o.id,
       'card.operation', '', json_build_object(
           'type', 'card.operation',
           'timestamp', o.recorded_at,
           'data', json_build_object(
               'id', o.id, 'uid', o.uid, 'kind', o.kind, 'state', o.state, 'card_id', o.card_id,
               'card', (
                   SELECT '…' || right(n.value, 4) FROM billing_cardnumber n WHERE n.card_id = o.card_id
                   ORDER BY n.id LIMIT 1
               ),
               'occurred_at', o.occurred_at, 'bonuses', o.bonuses::text, 'turnover', o.turnover::text,
               'receipts', o.receipts, 'overdrawn', o.overdrawn, 'of', o.of, 'promotion', o.promotion_code,
               'register', k.number, 'shop', shop.code, 'receipt_uid', o.receipt_uid
           )
       )::text, %(now)s, 'waiting', 0, %(now)s, '', '[]'
FROM billing_billingoperation o
LEFT JOIN registers_register k ON k.id = o.register_id
LEFT JOIN retail_shop shop ON shop.id = k.shop_id
CROSS JOIN exchange_webhookendpoint endpoint
WHERE o.id > %(after)s AND o.id <= %(upto)s AND o.source <> 'file'
  AND endpoint.active AND 'card.operation' = ANY (endpoint.events)
ORDER BY o.id, endpoint.id
ON CONFLICT (endpoint_id, email, key) DO NOTHING
