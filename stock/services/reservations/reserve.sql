-- One round trip for a cashier who waits: see stock_reserve (stock/migrations/0015_holding.sql).
SELECT stock_reserve(%(register)s, %(digest)s, %(receipt_uid)s, %(lines)s::json, %(whole)s)::text
