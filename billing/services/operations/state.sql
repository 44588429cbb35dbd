-- One round trip for the state of a card: see billing_card (billing/migrations/0002_operations.sql).
SELECT billing_card(%(register)s, %(digest)s, %(card)s, %(now)s)::text
