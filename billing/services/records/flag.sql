-- Put a transaction on the error desk for its records that wait. One without a receipt has nothing to be mended there.
UPDATE registers_kkmtransaction t
SET state = 'error_desk', problems = t.problems || %(problems)s::jsonb
WHERE t.id = %(transaction)s AND EXISTS (SELECT FROM registers_receipt r WHERE r.transaction_id = t.id)
