-- Whose these tokens are, what became of them, and the last full load ordered for each register.
SELECT t.digest, t.first_used_at IS NULL, t.revoked_at IS NOT NULL, r.active,
       r.id, r.warehouse_id, r.stock_control,
       (SELECT coalesce(max(l.sequence), 0) FROM exchange_registerloadline l WHERE l.register_id = r.id)
FROM registers_registertoken t
JOIN registers_register r ON r.id = t.register_id
WHERE t.digest = ANY (%(digests)s)
