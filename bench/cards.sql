-- Cards from one id to another: three live lots of bonuses on each, with the operations and entries they came by, and two
-- that begin tonight. Ends are those of days, as rules of life round them: lots that begin together end together.
WITH card AS (
    INSERT INTO billing_discountcard (id, kind_id, status, issued_at, bonuses, turnover, receipts, version)
    SELECT c, (SELECT min(k.id) FROM billing_cardkind k), 'active', now(), 3000000, 0, 0, 3
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) c
    RETURNING id
), number AS (
    INSERT INTO billing_cardnumber (card_id, value, kind) SELECT c.id, 'BENCH' || c.id, 'barcode' FROM card c
), lot AS (
    INSERT INTO billing_lot (id, card_id, measure, amount, remaining, active_from, expires_at, activated, operation_id)
    SELECT (c.id - 1) * 5 + n, c.id, 'bonuses', a.amount, a.amount, now() - (CASE WHEN n > 3 THEN 1 ELSE 24 END) * interval '1 hour',
           date_trunc('day', now()) + (CASE WHEN n > 3 THEN 366 ELSE 2 + floor(random() * 365) END) * interval '1 day', n <= 3, (c.id - 1) * 5 + n
    FROM card c CROSS JOIN generate_series(1, 5) n
    CROSS JOIN LATERAL (SELECT CASE WHEN n <= 3 THEN 1000000 ELSE 100 END AS amount) a
    RETURNING *
), operation AS (
    INSERT INTO billing_billingoperation (
        id, uid, card_id, kind, bonuses, turnover, receipts, occurred_at, recorded_at, receipt_uid, promotion_code, of,
        source, digest, state, overdrawn, result
    )
    SELECT l.operation_id, 'bench-' || l.id, l.card_id, 'accrue', l.amount, 0, 0, now(), now(), '', '', '',
           'receipt', '\x00', 'applied', false, '{}'
    FROM lot l
)
INSERT INTO billing_ledgerentry (id, card_id, measure, lot_id, kind, delta, balance_after, version, operation_id, at)
SELECT l.id, l.card_id, 'bonuses', l.id, 'accrued', l.amount, l.amount * ((l.id - 1) %% 5 + 1), (l.id - 1) %% 5 + 1,
       l.operation_id, now()
FROM lot l
WHERE l.activated
