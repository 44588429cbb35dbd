-- Take in a batch of transactions of one register, which is named by its id, or by the digest of its token if that is
-- in use (of any other token nothing is recorded and nothing returned): record each once, take receipts apart, count
-- them in the totals of their shift, queue them for a document (and what they tell of cards for its ledger), raise
-- `sold`, end what was held for them and stamp the
-- feed. One statement, one transaction. Locks, in the global order: the keys of the transactions (the unique indexes),
-- the register's shifts, the customer orders that were sold, the reservations of receipts and orders, the warehouse's
-- feed row. What is known already comes back with `known` filled in and moves nothing; an entry with neither `recorded`
-- nor `known` lost a race and is looked up again by the caller.
WITH sender AS MATERIALIZED (
    SELECT r.id, r.number, r.warehouse_id
    FROM registers_register r
    WHERE r.id = coalesce(%(register)s, (
              SELECT t.register_id FROM registers_registertoken t
              WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND t.first_used_at IS NOT NULL
          ))
      AND (r.active OR %(register)s IS NOT NULL)
), entry AS MATERIALIZED (
    SELECT e.*, decode(e.hash, 'hex') AS body_hash, sender.id AS register_id, sender.warehouse_id
    FROM sender
    CROSS JOIN json_to_recordset(%(entries)s::json) AS e(
        i int, number bigint, at timestamptz, uid text, hash text, kind text, shift bigint, amount numeric,
        state text, problems jsonb, applied boolean, counters jsonb,
        receipt_uid text, receipt_number bigint, cashier text, order_uid text, card text, of_uid text, total numeric,
        drive text, document bigint, sign text, totals jsonb, billing jsonb,
        raw_at int, raw_length int
    )
), known AS MATERIALIZED (
    -- Looked up row by row through the unique indexes, whatever the planner thinks of the batch's length: the cost must
    -- not grow with the register's history.
    SELECT e.i, t.id, t.body_hash = e.body_hash AS same, t.state, t.problems
    FROM entry e
    CROSS JOIN LATERAL (
        SELECT id FROM registers_kkmtransaction
        WHERE register_id = e.register_id AND number = e.number AND occurred_at = e.at
        UNION
        SELECT id FROM registers_kkmtransaction
        WHERE register_id = e.register_id AND uid = e.uid
        UNION
        SELECT id FROM registers_kkmtransaction
        WHERE register_id = e.register_id AND body_hash = e.body_hash
          AND (uid IS NULL OR number IS NULL OR occurred_at IS NULL)
        OFFSET 0
    ) AS found
    JOIN LATERAL (
        SELECT id, body_hash, state, problems FROM registers_kkmtransaction WHERE id = found.id OFFSET 0
    ) AS t ON true
), fresh AS MATERIALIZED (
    SELECT e.*,
           coalesce((
               SELECT true FROM registers_receipt r WHERE r.register_id = e.register_id AND r.uid = e.receipt_uid
           ), false) AS repeated
    FROM entry e
    WHERE NOT EXISTS (SELECT FROM known WHERE known.i = e.i)
), line AS MATERIALIZED (
    SELECT l.*, coalesce(
               (SELECT s.id FROM retail_sku s WHERE s.code = l.sku),
               (SELECT b.sku_id FROM retail_barcode b WHERE b.value = l.barcode)
           ) AS sku_id
    FROM json_to_recordset(%(lines)s::json) AS l(
        i int, line int, sku text, barcode text, quantity numeric, price numeric, discount numeric, amount numeric,
        vat text, marks jsonb
    )
    JOIN fresh ON fresh.i = l.i
), unknown AS (
    SELECT i, jsonb_agg(jsonb_build_object(
        'code', 'unknown_sku', 'attr', 'receipt.lines',
        'params', jsonb_build_object('line', line::text, 'sku', sku, 'barcode', barcode)
    ) ORDER BY line) AS problems
    FROM line
    WHERE sku_id IS NULL
    GROUP BY i
), judged AS MATERIALIZED (
    SELECT f.*,
           f.applied AND NOT f.repeated AS taken_apart,
           CASE WHEN f.repeated OR u.i IS NOT NULL THEN 'error_desk' ELSE f.state END AS final_state,
           f.problems || coalesce(u.problems, '[]') || CASE WHEN f.repeated THEN
               jsonb_build_array(jsonb_build_object(
                   'code', 'receipt_repeated', 'attr', 'receipt.uid',
                   'params', jsonb_build_object('uid', f.receipt_uid)
               )) ELSE '[]' END AS final_problems
    FROM fresh f
    LEFT JOIN unknown u ON u.i = f.i
), recorded AS (
    INSERT INTO registers_kkmtransaction (
        register_id, number, occurred_at, uid, kind, shift_number, amount, state, problems, protocol, raw, body_hash,
        received_at
    )
    SELECT register_id, number, at, uid, kind, shift, amount, final_state, final_problems, %(protocol)s,
           substring(%(raws)s::bytea FROM raw_at FOR raw_length), body_hash, %(now)s
    FROM judged
    ORDER BY number, at, i
    ON CONFLICT DO NOTHING
    RETURNING id, body_hash, state, problems
), anew AS MATERIALIZED (
    -- The number of a shift may begin anew: one opened under the number of a shift closed before is the next era of it.
    SELECT j.shift, j.at
    FROM judged j
    WHERE j.kind = 'shift_open' AND j.taken_apart AND (
        SELECT s.closed_at < j.at FROM registers_shift s
        WHERE s.register_id = j.register_id AND s.number = j.shift AND (s.era = 0 OR s.opened_at <= j.at)
        ORDER BY s.era DESC
        LIMIT 1
    )
), applied AS MATERIALIZED (
    SELECT j.*, r.id AS transaction_id,
           coalesce((
               SELECT max(s.era) FROM registers_shift s
               WHERE s.register_id = j.register_id AND s.number = j.shift AND (s.era = 0 OR s.opened_at <= j.at)
           ), 0) + (SELECT count(*) FROM anew n WHERE n.shift = j.shift AND n.at <= j.at) AS era
    FROM recorded r
    JOIN judged j USING (body_hash)
    WHERE j.taken_apart
), sold AS MATERIALIZED (
    SELECT a.transaction_id, a.shift, a.era, a.kind, l.line, l.sku_id, l.sku, l.barcode, l.quantity, l.price,
           l.discount, l.amount, l.vat, l.marks
    FROM applied a
    JOIN line l USING (i)
), paid AS MATERIALIZED (
    SELECT a.transaction_id, a.shift, a.era, a.kind AS receipt_kind, p.kind, p.amount
    FROM json_to_recordset(%(payments)s::json) AS p(i int, kind text, amount numeric)
    JOIN applied a USING (i)
), counted AS (
    SELECT a.shift, a.era, told.key, sum(told.value::numeric)::text AS value
    FROM applied a
    CROSS JOIN jsonb_each_text(a.totals) AS told
    GROUP BY a.shift, a.era, told.key
), shift AS (
    INSERT INTO registers_shift (register_id, number, era, first_at, opened_at, closed_at, counters, totals)
    SELECT a.register_id, a.shift, a.era, min(at),
           min(at) FILTER (WHERE kind = 'shift_open'),
           max(at) FILTER (WHERE kind = 'shift_close'),
           (array_agg(counters) FILTER (WHERE kind = 'shift_close'))[1],
           coalesce((
               SELECT jsonb_object_agg(c.key, c.value) FROM counted c WHERE c.shift = a.shift AND c.era = a.era
           ), '{}')
    FROM applied a
    GROUP BY a.register_id, a.shift, a.era
    ORDER BY a.shift, a.era
    ON CONFLICT (register_id, number, era) DO UPDATE
    SET first_at = least(registers_shift.first_at, excluded.first_at),
        opened_at = coalesce(registers_shift.opened_at, excluded.opened_at),
        closed_at = coalesce(registers_shift.closed_at, excluded.closed_at),
        counters = coalesce(registers_shift.counters, excluded.counters),
        totals = registers_totals_added(registers_shift.totals, excluded.totals)
    RETURNING id, number, era
), receipt AS (
    INSERT INTO registers_receipt (
        transaction_id, register_id, shift_id, warehouse_id, kind, uid, number, occurred_at, cashier, order_uid,
        card_number, of_uid, total, fiscal_drive, fiscal_document, fiscal_sign
    )
    SELECT a.transaction_id, a.register_id, shift.id, a.warehouse_id, a.kind, a.receipt_uid, a.receipt_number, a.at,
           a.cashier, a.order_uid, a.card, a.of_uid, a.total, a.drive, a.document, a.sign
    FROM applied a
    JOIN shift ON shift.number = a.shift AND shift.era = a.era
    WHERE a.receipt_uid IS NOT NULL
    RETURNING shift_id, transaction_id, warehouse_id, kind
), unposted AS (
    INSERT INTO stock_unpostedreceipt (shift_id, receipt_id, warehouse_id)
    SELECT shift_id, transaction_id, warehouse_id FROM receipt WHERE kind IN ('sale', 'return')
), receipt_line AS (
    INSERT INTO registers_receiptline (
        receipt_id, line, sku_id, sku_code, barcode, quantity, price, discount, amount, vat, marks
    )
    SELECT transaction_id, line, sku_id, sku, barcode, quantity, price, discount, amount, vat, marks
    FROM sold
), payment AS (
    INSERT INTO registers_payment (receipt_id, kind, amount)
    SELECT transaction_id, kind, amount FROM paid
), settled AS MATERIALIZED (
    -- What was held for these receipts, each ended under its lock. The function sees a hold as it is when it has the
    -- lock; where there is none, it is not called. Shifts are locked before: this waits for them.
    SELECT stock_settle(a.reservation_id, a.kind, a.transaction_id) AS lines
    FROM (
        SELECT a.kind, a.transaction_id, (
                   SELECT h.id FROM stock_reservation h
                   WHERE h.register_id = a.register_id AND h.receipt_uid = a.receipt_uid
                     AND h.warehouse_id = a.warehouse_id AND (h.state = 'open' OR h.transaction_id IS NULL)
               ) AS reservation_id
        FROM applied a
        WHERE a.receipt_uid IS NOT NULL
        OFFSET 0
    ) AS a
    WHERE a.reservation_id IS NOT NULL AND (SELECT count(*) FROM shift) > 0
    UNION ALL
    -- A sale made from a customer order sells the order, once, and what was held for that is freed in the same way.
    SELECT stock_sell_order(a.order_uid, a.register_id, a.warehouse_id, a.transaction_id, %(now)s)
    FROM applied a
    WHERE a.order_uid <> '' AND a.kind = 'sale' AND (SELECT count(*) FROM shift) > 0
    UNION ALL
    -- What was done to discount cards waits for the ledger of cards, which stands above. It frees nothing.
    SELECT registers_queue_billing(a.transaction_id, a.billing) FROM applied a WHERE a.billing IS NOT NULL
), moved AS MATERIALIZED (
    SELECT sku_id, delta, freed, row_number() OVER (ORDER BY sku_id) AS step
    FROM (
        SELECT sku_id, sum(delta) AS delta, sum(freed) AS freed
        FROM (
            SELECT sku_id, CASE kind WHEN 'sale' THEN quantity ELSE -quantity END AS delta, 0 AS freed
            FROM sold
            WHERE kind IN ('sale', 'return') AND sku_id IS NOT NULL
            UNION ALL
            SELECT h.sku_id, 0, h.quantity FROM settled CROSS JOIN LATERAL stock_held(settled.lines) AS h
        ) AS change
        GROUP BY sku_id
    ) AS summed
    -- A service is sold and never runs out.
    WHERE freed <> 0 OR delta <> 0 AND (
        SELECT i.kind FROM retail_sku s JOIN retail_item i ON i.id = s.item_id WHERE s.id = summed.sku_id
    ) = 'goods'
), feed AS (
    UPDATE stock_warehousefeed
    SET revision = revision + (SELECT count(*) FROM moved)
    WHERE warehouse_id = (SELECT warehouse_id FROM sender) AND EXISTS (SELECT FROM moved)
      AND (SELECT count(*) FROM shift) > 0 -- Shifts are locked before the warehouse: this waits for all of them.
    RETURNING revision - (SELECT count(*) FROM moved) AS base
), balance AS (
    INSERT INTO stock_balance AS b (warehouse_id, sku_id, on_hand, sold, reserved, revision, sale_revision)
    -- What is freed travels in `reserved`. It stands there as it is only where nothing could have been held.
    SELECT (SELECT warehouse_id FROM sender), m.sku_id, 0, m.delta, m.freed, feed.base + m.step, feed.base + m.step
    FROM moved m
    CROSS JOIN feed
    ORDER BY m.sku_id
    ON CONFLICT (warehouse_id, sku_id) DO UPDATE
    SET sold = b.sold + excluded.sold,
        reserved = greatest(b.reserved - excluded.reserved, 0),
        revision = excluded.revision,
        sale_revision = excluded.sale_revision
)
SELECT e.i,
       r.id IS NOT NULL AS recorded,
       k.same,
       coalesce(k.id, r.id) AS id,
       coalesce(k.state, r.state) AS state,
       coalesce(k.problems, r.problems) AS problems,
       EXISTS (SELECT FROM moved) AS moved,
       sender.id, sender.number, sender.warehouse_id
FROM sender
CROSS JOIN entry e
LEFT JOIN recorded r USING (body_hash)
LEFT JOIN known k USING (i)
ORDER BY e.i, k.same DESC, k.id
