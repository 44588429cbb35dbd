-- Move all that a card has to the one that replaces it: its lots, used up or not, its figures, its owner, its numbers,
-- what it has of its own beside its kind. Each lot that has begun gets an entry on both sides, so that lots, entries and
-- figures stay equal. The caller has locked both cards. Lots are found by the operations that made them, which stay with
-- the card they were made on, since no index leads from a card to lots that are used up.
WITH RECURSIVE old AS MATERIALIZED (
    SELECT * FROM billing_discountcard WHERE id = %(old)s
), chain AS (
    SELECT id FROM old
    UNION ALL
    SELECT c.id FROM chain JOIN billing_discountcard c ON c.replaced_by_id = chain.id
), lot AS MATERIALIZED (
    SELECT l.id, l.measure, l.remaining, l.operation_id, l.activated AND l.open AS counts
    FROM chain
    JOIN billing_billingoperation o ON o.card_id = chain.id
    JOIN billing_lot l ON l.operation_id = o.id AND l.card_id = %(old)s
), moved AS (
    UPDATE billing_lot SET card_id = %(new)s FROM lot WHERE billing_lot.id = lot.id
), emptied AS (
    UPDATE billing_discountcard c
    SET bonuses = 0, turnover = 0, receipts = 0, version = c.version + 1, status = 'closed', replaced_by_id = %(new)s
    WHERE c.id = %(old)s
), filled AS (
    UPDATE billing_discountcard c
    SET bonuses = old.bonuses, turnover = old.turnover, receipts = old.receipts, version = c.version + 1,
        status = CASE old.status WHEN 'issued' THEN 'issued' ELSE 'active' END,
        kind_id = old.kind_id, owner_id = old.owner_id,
        turnover_delay = old.turnover_delay, turnover_life = old.turnover_life,
        receipts_delay = old.receipts_delay, receipts_life = old.receipts_life
    FROM old
    WHERE c.id = %(new)s
    RETURNING c.version
), named AS (
    UPDATE billing_cardnumber SET card_id = %(new)s WHERE card_id = %(old)s
), side AS (
    SELECT %(old)s::bigint AS card_id, -1 AS sign, old.version + 1 AS version FROM old
    UNION ALL
    SELECT %(new)s::bigint, 1, filled.version FROM filled
)
INSERT INTO billing_ledgerentry (card_id, measure, lot_id, kind, delta, balance_after, version, operation_id, at)
SELECT side.card_id, lot.measure, lot.id, 'moved', side.sign * lot.remaining,
       CASE WHEN side.sign > 0 THEN 0
            WHEN lot.measure = 'bonuses' THEN old.bonuses
            WHEN lot.measure = 'turnover' THEN old.turnover
            ELSE old.receipts END
       + sum(side.sign * lot.remaining) OVER (PARTITION BY side.card_id, lot.measure ORDER BY lot.id),
       side.version, lot.operation_id, %(now)s
FROM side
CROSS JOIN old
CROSS JOIN lot
WHERE lot.counts
ORDER BY side.sign, lot.id
