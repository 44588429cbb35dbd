-- Say which SKUs some lines meant that nobody knew: the lines get them, `sold` rises, the feed moves, and what waited on
-- the error desk for these lines waits no more. Lines that somebody has mended meanwhile are left as they are.
-- The caller holds the rows of the transactions and then those of their shifts; the warehouse's feed is locked here.
-- All lines are of receipts of one warehouse.
WITH mended AS MATERIALIZED (
    UPDATE registers_receiptline l
    SET sku_id = given.sku_id
    FROM unnest(%(lines)s::bigint[], %(skus)s::bigint[]) AS given(line_id, sku_id)
    WHERE l.id = given.line_id AND l.sku_id IS NULL
    RETURNING l.id, l.receipt_id, l.line, l.sku_id, l.quantity
), sold AS MATERIALIZED (
    SELECT m.*, r.shift_id, CASE r.kind WHEN 'sale' THEN m.quantity ELSE -m.quantity END AS delta
    FROM mended m
    JOIN registers_receipt r ON r.transaction_id = m.receipt_id
    WHERE r.kind IN ('sale', 'return')
), mended_line AS (
    INSERT INTO stock_mendedline (line_id, mended_by_id, mended_at)
    SELECT id, %(by)s, %(now)s
    FROM sold
), unsettled AS (
    INSERT INTO stock_unsettledshift (shift_id)
    SELECT id
    FROM registers_shift
    WHERE id IN (SELECT shift_id FROM sold) AND closed_at IS NOT NULL
    ORDER BY id
    ON CONFLICT DO NOTHING
), moved AS MATERIALIZED (
    SELECT summed.sku_id, summed.delta, row_number() OVER (ORDER BY summed.sku_id) AS step
    FROM (SELECT sku_id, sum(delta) AS delta FROM sold GROUP BY sku_id) AS summed
    JOIN retail_sku s ON s.id = summed.sku_id
    JOIN retail_item i ON i.id = s.item_id
    WHERE summed.delta <> 0 AND i.kind = 'goods'
), feed AS (
    UPDATE stock_warehousefeed
    SET revision = revision + (SELECT count(*) FROM moved)
    WHERE warehouse_id = %(warehouse)s AND EXISTS (SELECT FROM moved)
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
), problem AS MATERIALIZED (
    SELECT t.id, p.place, m.id IS NOT NULL AS gone,
           CASE WHEN m.id IS NULL THEN p.problem
                ELSE jsonb_set(p.problem, '{params,became}', to_jsonb(s.code)) END AS problem
    FROM registers_kkmtransaction t
    CROSS JOIN LATERAL jsonb_array_elements(t.problems) WITH ORDINALITY AS p(problem, place)
    LEFT JOIN mended m ON m.receipt_id = t.id AND p.problem->>'code' = 'unknown_sku'
                      AND p.problem->'params'->>'line' = m.line::text
    LEFT JOIN retail_sku s ON s.id = m.sku_id
    WHERE t.id IN (SELECT receipt_id FROM mended)
), left_over AS MATERIALIZED (
    SELECT id,
           coalesce(jsonb_agg(problem ORDER BY place) FILTER (WHERE NOT gone), '[]') AS problems,
           coalesce(jsonb_agg(problem ORDER BY place) FILTER (WHERE gone), '[]') AS dealt_with
    FROM problem
    GROUP BY id
), told AS (
    UPDATE registers_kkmtransaction t
    SET problems = o.problems,
        state = CASE WHEN o.problems = '[]' THEN 'mended' ELSE t.state END
    FROM left_over o
    WHERE t.id = o.id
    RETURNING t.id, t.state
), deed AS (
    INSERT INTO registers_transactiondeed (transaction_id, kind, by_id, at, reason, problems, body)
    SELECT id, %(kind)s, %(by)s, %(now)s, '', dealt_with, ''
    FROM left_over
    ORDER BY id
)
SELECT (SELECT count(*) FROM mended) AS lines,
       (SELECT count(*) FROM told WHERE state = 'mended') AS mended,
       (SELECT count(*) FROM told WHERE state <> 'mended') AS partly,
       EXISTS (SELECT FROM moved) AS moved
