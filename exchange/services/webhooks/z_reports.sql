-- Tell endpoints that chose it of each Z-report among the documents from one id to another. It was posted in the
-- transaction that made it.
INSERT INTO exchange_outgoingmessage (
    endpoint_id, email, uid, key, event, subject, body, made_at, state, attempts, next_at, error, tries
)
SELECT endpoint.id, '', 'msg_' || replace(gen_random_uuid()::text, '-', ''), 'z_report:' || d.id,
       'z_report.posted', '', json_build_object(
           'type', 'z_report.posted',
           'timestamp', d.posted_at,
           'data', json_build_object(
               'id', d.id, 'number', d.number, 'date', d.date, 'register', k.number, 'shop', shop.code,
               'warehouse', w.name, 'organization', o.name, 'shift', shift.number, 'opened_at', shift.opened_at,
               'closed_at', shift.closed_at, 'corrects', z.corrects_id, 'sales', z.sales::text,
               'returns', z.returns::text, 'receipts', z.receipts, 'return_receipts', z.return_receipts,
               'cancelled_receipts', z.cancelled_receipts, 'cash_in', z.cash_in::text, 'cash_out', z.cash_out::text,
               'totals', z.totals
           )
       )::text, %(now)s, 'waiting', 0, %(now)s, '', '[]'
FROM stock_zreport z
JOIN stock_stockdocument d ON d.id = z.stockdocument_ptr_id
JOIN registers_register k ON k.id = z.register_id
JOIN retail_shop shop ON shop.id = k.shop_id
JOIN retail_warehouse w ON w.id = d.warehouse_id
JOIN retail_organization o ON o.id = d.organization_id
JOIN registers_shift shift ON shift.id = z.shift_id
CROSS JOIN exchange_webhookendpoint endpoint
WHERE d.id > %(after)s AND d.id <= %(upto)s AND d.posted_at IS NOT NULL
  AND endpoint.active AND 'z_report.posted' = ANY (endpoint.events)
ORDER BY d.id, endpoint.id
ON CONFLICT (endpoint_id, email, key) DO NOTHING
