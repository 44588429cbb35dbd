-- Record what cards held when they came from a file: for each an operation under an id of its own, a lot of each measure,
-- entries, the figures. The caller has locked those cards that were there before. Bonuses end where the file says, or as
-- bonuses of the kind of cards do that are accrued now; the others as the card or its kind says. All of it counts at once.
WITH asked AS MATERIALIZED (
    SELECT a.*
    FROM unnest(%(cards)s::bigint[], %(bonuses)s::numeric[], %(turnover)s::numeric[], %(receipts)s::integer[],
                %(ends)s::timestamptz[]) AS a(card_id, bonuses, turnover, receipts, ends)
), operation AS (
    INSERT INTO billing_billingoperation (
        uid, card_id, kind, bonuses, turnover, receipts, occurred_at, recorded_at, receipt_uid, promotion_code, of, source,
        digest, state, overdrawn, result
    )
    SELECT o.uid, a.card_id, 'accrue', a.bonuses, a.turnover, a.receipts, %(now)s, %(now)s, '', '', '', 'file',
           sha256(o.uid::bytea), 'applied', false, '{}'
    FROM asked a
    CROSS JOIN LATERAL (SELECT 'opening.' || a.card_id AS uid) AS o
    RETURNING id, card_id
), lot AS (
    INSERT INTO billing_lot (card_id, measure, amount, remaining, active_from, expires_at, activated, operation_id)
    SELECT a.card_id, m.measure, m.amount, m.amount, %(now)s,
           CASE WHEN m.measure = 'bonuses' AND a.ends IS NOT NULL THEN a.ends ELSE (
               SELECT l.expires_at FROM billing_life_of(c, m.measure, NULL, NULL, %(now)s, %(zone)s) l
           ) END,
           true, o.id
    FROM asked a
    JOIN operation o USING (card_id)
    JOIN billing_discountcard c ON c.id = a.card_id
    CROSS JOIN LATERAL (
        VALUES ('bonuses', a.bonuses), ('turnover', a.turnover), ('receipts', a.receipts)
    ) AS m(measure, amount)
    WHERE m.amount > 0
    RETURNING id, card_id, measure, amount, operation_id
), card AS (
    UPDATE billing_discountcard c
    SET bonuses = c.bonuses + a.bonuses, turnover = c.turnover + a.turnover, receipts = c.receipts + a.receipts,
        version = c.version + 1
    FROM asked a
    WHERE c.id = a.card_id
    RETURNING c.id, c.bonuses, c.turnover, c.receipts, c.version
)
INSERT INTO billing_ledgerentry (card_id, measure, lot_id, kind, delta, balance_after, version, operation_id, at)
SELECT lot.card_id, lot.measure, lot.id, 'accrued', lot.amount,
       CASE lot.measure WHEN 'bonuses' THEN card.bonuses WHEN 'turnover' THEN card.turnover ELSE card.receipts END,
       card.version, lot.operation_id, %(now)s
FROM lot
JOIN card ON card.id = lot.card_id
