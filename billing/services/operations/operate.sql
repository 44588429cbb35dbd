-- One round trip for one operation on a card: see billing_operate (billing/migrations/0002_operations.sql).
SELECT billing_operate(
    %(register)s, %(digest)s, %(card)s, %(source)s, %(zone)s, %(now)s, %(asked)s::jsonb
)::text
