-- What became of an operation of a register, and whether registers may ask at all.
SELECT a.refused, o.result::text
FROM billing_asker(%(register)s, NULL) a
LEFT JOIN billing_billingoperation o ON o.uid = %(uid)s AND o.register_id = a.id
