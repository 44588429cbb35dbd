-- Take in a batch of transactions of one register: record each once, take receipts apart, raise `sold` and stamp the
-- feed. One statement, one transaction. Locks, in the global order: the keys of the transactions (the unique indexes),
-- the register's shifts, the warehouse's feed row. What is known already comes back with `known` filled in and moves
-- nothing; an entry with neither `recorded` nor `known` lost a race and is looked up again by the caller.
WITH entry AS MATERIALIZED (
    SELECT e.*, decode(e.hash, 'hex') AS body_hash
    FROM json_to_recordset(%(entries)s::json) AS e(
        i int, number bigint, at timestamptz, uid text, hash text, kind text, shift bigint, amount numeric,
        state text, problems jsonb, applied boolean, counters jsonb,
        receipt_uid text, receipt_number bigint, cashier text, order_uid text, card text, of_uid text, total numeric,
        drive text, document bigint, sign text
    )
), known AS MATERIALIZED (
    -- Looked up row by row through the unique indexes, whatever the planner thinks of the batch's length: the cost must
    -- not grow with the register's history.
    SELECT e.i, t.id, t.body_hash = e.body_hash AS same, t.state, t.problems
    FROM entry e
    CROSS JOIN LATERAL (
        SELECT id FROM registers_kkmtransaction
        WHERE register_id = %(register)s AND number = e.number AND occurred_at = e.at
        UNION
        SELECT id FROM registers_kkmtransaction
        WHERE register_id = %(register)s AND uid = e.uid
        UNION
        SELECT id FROM registers_kkmtransaction
        WHERE register_id = %(register)s AND body_hash = e.body_hash
          AND (uid IS NULL OR number IS NULL OR occurred_at IS NULL)
        OFFSET 0
    ) AS found
    JOIN LATERAL (
        SELECT id, body_hash, state, problems FROM registers_kkmtransaction WHERE id = found.id OFFSET 0
    ) AS t ON true
), fresh AS MATERIALIZED (
    SELECT e.*,
           coalesce((
               SELECT true FROM registers_receipt r WHERE r.register_id = %(register)s AND r.uid = e.receipt_uid
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
    SELECT %(register)s, number, at, uid, kind, shift, amount, final_state, final_problems, %(protocol)s,
           (%(raws)s::bytea[])[i], body_hash, %(now)s
    FROM judged
    ORDER BY number, at, i
    ON CONFLICT DO NOTHING
    RETURNING id, body_hash, state, problems
), applied AS MATERIALIZED (
    SELECT j.*, r.id AS transaction_id
    FROM recorded r
    JOIN judged j USING (body_hash)
    WHERE j.taken_apart
), shift AS (
    INSERT INTO registers_shift (register_id, number, first_at, opened_at, closed_at, counters)
    SELECT %(register)s, shift, min(at),
           min(at) FILTER (WHERE kind = 'shift_open'),
           max(at) FILTER (WHERE kind = 'shift_close'),
           (array_agg(counters) FILTER (WHERE kind = 'shift_close'))[1]
    FROM applied
    GROUP BY shift
    ORDER BY shift
    ON CONFLICT (register_id, number) DO UPDATE
    SET first_at = least(registers_shift.first_at, excluded.first_at),
        opened_at = coalesce(registers_shift.opened_at, excluded.opened_at),
        closed_at = coalesce(registers_shift.closed_at, excluded.closed_at),
        counters = coalesce(registers_shift.counters, excluded.counters)
    RETURNING id, number
), receipt AS (
    INSERT INTO registers_receipt (
        transaction_id, register_id, shift_id, warehouse_id, kind, uid, number, occurred_at, cashier, order_uid,
        card_number, of_uid, total, fiscal_drive, fiscal_document, fiscal_sign
    )
    SELECT a.transaction_id, %(register)s, shift.id, %(warehouse)s, a.kind, a.receipt_uid, a.receipt_number, a.at,
           a.cashier, a.order_uid, a.card, a.of_uid, a.total, a.drive, a.document, a.sign
    FROM applied a
    JOIN shift ON shift.number = a.shift
    WHERE a.receipt_uid IS NOT NULL
), receipt_line AS (
    INSERT INTO registers_receiptline (
        receipt_id, line, sku_id, sku_code, barcode, quantity, price, discount, amount, vat, marks
    )
    SELECT a.transaction_id, l.line, l.sku_id, l.sku, l.barcode, l.quantity, l.price, l.discount, l.amount, l.vat,
           l.marks
    FROM applied a
    JOIN line l USING (i)
), payment AS (
    INSERT INTO registers_payment (receipt_id, kind, amount)
    SELECT a.transaction_id, p.kind, p.amount
    FROM json_to_recordset(%(payments)s::json) AS p(i int, kind text, amount numeric)
    JOIN applied a USING (i)
), moved AS MATERIALIZED (
    SELECT sku_id, delta, row_number() OVER (ORDER BY sku_id) AS step
    FROM (
        SELECT l.sku_id, sum(CASE a.kind WHEN 'sale' THEN l.quantity ELSE -l.quantity END) AS delta
        FROM applied a
        JOIN line l USING (i)
        WHERE a.kind IN ('sale', 'return') AND l.sku_id IS NOT NULL
        GROUP BY l.sku_id
    ) AS summed
    WHERE delta <> 0
      -- A service is sold and never runs out.
      AND (SELECT i.kind FROM retail_sku s JOIN retail_item i ON i.id = s.item_id WHERE s.id = summed.sku_id) = 'goods'
), feed AS (
    UPDATE stock_warehousefeed
    SET revision = revision + (SELECT count(*) FROM moved)
    WHERE warehouse_id = %(warehouse)s AND EXISTS (SELECT FROM moved)
      AND EXISTS (SELECT FROM shift) -- Shifts are locked before the warehouse: this waits for them.
    RETURNING revision - (SELECT count(*) FROM moved) AS base
), balance AS (
    INSERT INTO stock_balance AS b (warehouse_id, sku_id, on_hand, sold, reserved, revision, sale_revision)
    SELECT %(warehouse)s, m.sku_id, 0, m.delta, 0, feed.base + m.step, feed.base + m.step
    FROM moved m
    CROSS JOIN feed
    ORDER BY m.sku_id
    ON CONFLICT (warehouse_id, sku_id) DO UPDATE
    SET sold = b.sold + excluded.sold,
        revision = excluded.revision,
        sale_revision = excluded.sale_revision
)
SELECT e.i,
       r.id IS NOT NULL AS recorded,
       k.same,
       coalesce(k.id, r.id) AS id,
       coalesce(k.state, r.state) AS state,
       coalesce(k.problems, r.problems) AS problems,
       EXISTS (SELECT FROM moved) AS moved
FROM entry e
LEFT JOIN recorded r USING (body_hash)
LEFT JOIN known k USING (i)
ORDER BY e.i, k.same DESC, k.id
