-- Tell endpoints that chose it of each receipt among the transactions from one id to another, and of those that
-- somebody mended on the error desk (their ids are long past). A card's number is masked; who was at the till is not told.
INSERT INTO exchange_outgoingmessage (
    endpoint_id, email, uid, key, event, subject, body, made_at, state, attempts, next_at, error, tries
)
SELECT endpoint.id, '', 'msg_' || replace(gen_random_uuid()::text, '-', ''), 'receipt:' || r.transaction_id,
       'receipt.recorded', '', body.text, %(now)s, 'waiting', 0, %(now)s, '', '[]'
FROM (
    SELECT id FROM registers_kkmtransaction
    WHERE %(source)s = 'transactions' AND id > %(after)s AND id <= %(upto)s
    UNION
    SELECT transaction_id FROM registers_transactiondeed
    WHERE %(source)s = 'deeds' AND id > %(after)s AND id <= %(upto)s AND kind IN ('correct', 'resubmit')
) AS told
JOIN registers_kkmtransaction t ON t.id = told.id
JOIN registers_receipt r ON r.transaction_id = told.id
JOIN registers_register k ON k.id = r.register_id
JOIN retail_shop shop ON shop.id = k.shop_id
JOIN retail_warehouse w ON w.id = r.warehouse_id
JOIN registers_shift shift ON shift.id = r.shift_id
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'type', 'receipt.recorded',
        'timestamp', t.received_at,
        'data', json_build_object(
            'id', r.transaction_id, 'uid', r.uid, 'kind', r.kind, 'number', r.number, 'register', k.number,
            'shop', shop.code, 'warehouse', w.name, 'shift', shift.number, 'occurred_at', r.occurred_at,
            'total', r.total::text,
            'card', CASE WHEN r.card_number = '' THEN '' ELSE '…' || right(r.card_number, 4) END,
            'order_uid', r.order_uid, 'of_uid', r.of_uid,
            'fiscal', json_build_object(
                'drive', r.fiscal_drive, 'document', r.fiscal_document, 'sign', r.fiscal_sign
            ),
            'lines', (
                SELECT coalesce(json_agg(json_build_object(
                    'line', l.line, 'sku', s.code, 'name', s.name, 'barcode', l.barcode, 'quantity', l.quantity::text,
                    'price', l.price::text, 'discount', l.discount::text, 'amount', l.amount::text, 'vat', l.vat
                ) ORDER BY l.line), '[]')
                FROM registers_receiptline l
                LEFT JOIN retail_sku s ON s.id = l.sku_id
                WHERE l.receipt_id = r.transaction_id
            ),
            'payments', (
                SELECT coalesce(json_agg(json_build_object('kind', p.kind, 'amount', p.amount::text) ORDER BY p.id), '[]')
                FROM registers_payment p
                WHERE p.receipt_id = r.transaction_id
            )
        )
    )::text AS text
) AS body
CROSS JOIN exchange_webhookendpoint endpoint
WHERE endpoint.active AND 'receipt.recorded' = ANY (endpoint.events)
ORDER BY told.id, endpoint.id
ON CONFLICT (endpoint_id, email, key) DO NOTHING
