-- What happens to the lots of one card. The caller has locked the card, so that nothing here is decided on what somebody
-- else is changing. No plan may depend on how small the tables were when it was made.

-- Change lots of a card: so much of each, for a reason; with an entry for each, and the figures of the card. The order
-- of the changes is that of the entries.
CREATE FUNCTION billing_write(
    p_card bigint, p_version bigint, p_operation bigint, p_document bigint, p_now timestamptz,
    p_lots bigint[], p_measures text[], p_deltas numeric[], p_kinds text[]
) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    WITH change AS MATERIALIZED (
        SELECT c.place, c.lot_id, c.measure, c.delta, c.kind,
               sum(c.delta) OVER (PARTITION BY c.measure ORDER BY c.place) AS so_far
        FROM unnest(p_lots, p_measures, p_deltas, p_kinds) WITH ORDINALITY AS c(lot_id, measure, delta, kind, place)
    ), lot AS (
        UPDATE billing_lot l
        SET remaining = l.remaining + s.delta
        FROM (SELECT lot_id, sum(delta) AS delta FROM change GROUP BY lot_id) AS s
        WHERE l.id = s.lot_id
    ), total AS MATERIALIZED (
        SELECT coalesce(sum(delta) FILTER (WHERE measure = 'bonuses'), 0) AS bonuses,
               coalesce(sum(delta) FILTER (WHERE measure = 'turnover'), 0) AS turnover,
               coalesce(sum(delta) FILTER (WHERE measure = 'receipts'), 0) AS receipts
        FROM change
    ), card AS (
        UPDATE billing_discountcard c
        SET bonuses = c.bonuses + t.bonuses, turnover = c.turnover + t.turnover, receipts = c.receipts + t.receipts,
            version = p_version
        FROM total t
        WHERE c.id = p_card
        RETURNING c.bonuses - t.bonuses AS bonuses, c.turnover - t.turnover AS turnover, c.receipts - t.receipts AS receipts
    )
    INSERT INTO billing_ledgerentry (
        card_id, measure, lot_id, kind, delta, balance_after, version, operation_id, document_id, at
    )
    SELECT p_card, c.measure, c.lot_id, c.kind, c.delta, c.so_far + CASE c.measure
               WHEN 'bonuses' THEN card.bonuses WHEN 'turnover' THEN card.turnover ELSE card.receipts END,
           p_version, p_operation, p_document, p_now
    FROM card
    CROSS JOIN change c
    ORDER BY c.place;
END $$;

-- Let what lives on a card meet what it owes: the earliest end first, the oldest debt first. Afterwards one of the two
-- is nothing, for each measure.
CREATE FUNCTION billing_meet(
    p_card bigint, p_version bigint, p_operation bigint, p_document bigint, p_now timestamptz
) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_changes record;
BEGIN
    IF NOT EXISTS (SELECT FROM billing_lot l WHERE l.card_id = p_card AND l.amount < 0 AND l.open) THEN
        RETURN;
    END IF;
    WITH debt AS MATERIALIZED (
        SELECT l.id, l.measure, -l.remaining AS owed,
               sum(-l.remaining) OVER (PARTITION BY l.measure ORDER BY l.id) + l.remaining AS before
        FROM billing_lot l
        WHERE l.card_id = p_card AND l.amount < 0 AND l.open
    ), live AS MATERIALIZED (
        SELECT l.id, l.measure, l.remaining,
               sum(l.remaining) OVER (PARTITION BY l.measure ORDER BY l.expires_at NULLS LAST, l.id) - l.remaining AS before
        FROM billing_lot l
        WHERE l.card_id = p_card AND l.activated AND l.open AND l.amount > 0
          AND (l.expires_at IS NULL OR l.expires_at > p_now)
    ), met AS MATERIALIZED (
        SELECT d.measure, least(sum(d.owed), (
                   SELECT coalesce(sum(l.remaining), 0) FROM live l WHERE l.measure = d.measure
               )) AS amount
        FROM debt d
        GROUP BY d.measure
    ), change AS (
        SELECT 1 AS side, l.id, l.measure, -least(l.remaining, m.amount - l.before) AS delta
        FROM live l JOIN met m USING (measure) WHERE l.before < m.amount
        UNION ALL
        SELECT 2, d.id, d.measure, least(d.owed, m.amount - d.before)
        FROM debt d JOIN met m USING (measure) WHERE d.before < m.amount
    )
    SELECT array_agg(c.id ORDER BY c.side, c.id) AS lots, array_agg(c.measure ORDER BY c.side, c.id) AS measures,
           array_agg(c.delta ORDER BY c.side, c.id) AS deltas, array_agg('met'::text) AS kinds
    INTO v_changes
    FROM change c;
    IF v_changes.lots IS NOT NULL THEN
        PERFORM billing_write(p_card, p_version, p_operation, p_document, p_now,
                              v_changes.lots, v_changes.measures, v_changes.deltas, v_changes.kinds);
    END IF;
END $$;

-- Make a lot of a measure. One that begins at once counts at once, as `p_kind`; another waits for the night.
CREATE FUNCTION billing_make_lot(
    p_card billing_discountcard, p_version bigint, p_operation bigint, p_measure text, p_amount numeric, p_kind text,
    p_promotion bigint, p_shop bigint, p_at timestamptz, p_zone text, p_now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_life record;
    v_lot bigint;
    v_begun boolean;
BEGIN
    IF p_amount < 0 THEN
        v_begun := true;
        SELECT p_at AS active_from, NULL::timestamptz AS expires_at INTO v_life;
    ELSE
        SELECT l.* INTO v_life FROM billing_life_of(p_card, p_measure, p_promotion, p_shop, p_at, p_zone) l;
        v_begun := v_life.active_from <= p_at;
    END IF;
    INSERT INTO billing_lot (card_id, measure, amount, remaining, active_from, expires_at, activated, operation_id)
    VALUES (p_card.id, p_measure, p_amount, CASE WHEN v_begun THEN 0 ELSE p_amount END, v_life.active_from,
            v_life.expires_at, v_begun, p_operation)
    RETURNING id INTO v_lot;
    IF v_begun THEN
        PERFORM billing_write(p_card.id, p_version, p_operation, NULL, p_now,
                              ARRAY[v_lot], ARRAY[p_measure], ARRAY[p_amount], ARRAY[p_kind]);
    END IF;
END $$;

-- Take from what lives at a moment, the earliest end first. Unless `p_anyway`, too little means that nothing is taken;
-- otherwise what was lacking becomes a debt. Returns what was lacking, by measure; NULL when nothing was.
CREATE FUNCTION billing_redeem(
    p_card billing_discountcard, p_version bigint, p_operation bigint, p_amounts jsonb, p_anyway boolean,
    p_at timestamptz, p_now timestamptz
) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_changes record;
    v_short record;
    v_lacking jsonb;
BEGIN
    WITH live AS (
        SELECT l.id, l.measure, l.remaining, a.amount, l.expires_at,
               sum(l.remaining) OVER (PARTITION BY l.measure ORDER BY l.expires_at NULLS LAST, l.id) - l.remaining AS before
        FROM (SELECT key AS measure, value::text::numeric AS amount FROM jsonb_each(p_amounts)) AS a
        CROSS JOIN LATERAL (
            SELECT l.id, l.measure, l.remaining, l.expires_at
            FROM billing_lot l
            WHERE l.card_id = p_card.id AND l.measure = a.measure AND l.activated AND l.open AND l.amount > 0
              AND (l.expires_at IS NULL OR l.expires_at > p_at)
            OFFSET 0
        ) AS l
    ), taken AS (
        SELECT id, measure, least(remaining, amount - before) AS taken, expires_at FROM live WHERE before < amount
    )
    SELECT array_agg(t.id ORDER BY t.measure, t.expires_at, t.id) AS lots,
           array_agg(t.measure ORDER BY t.measure, t.expires_at, t.id) AS measures,
           array_agg(-t.taken ORDER BY t.measure, t.expires_at, t.id) AS deltas, array_agg('redeemed'::text) AS kinds
    INTO v_changes
    FROM taken t;

    SELECT jsonb_object_agg(a.key, (a.value::text::numeric - a.taken)::numeric(15, 2)::text) INTO v_lacking
    FROM (
        SELECT w.key, w.value, coalesce((
                   SELECT -sum(d.delta) FROM unnest(v_changes.measures, v_changes.deltas) AS d(measure, delta)
                   WHERE d.measure = w.key
               ), 0) AS taken
        FROM jsonb_each(p_amounts) AS w
    ) AS a
    WHERE a.value::text::numeric > a.taken;
    IF v_lacking IS NOT NULL AND NOT p_anyway THEN
        RETURN v_lacking;
    END IF;

    IF v_changes.lots IS NOT NULL THEN
        PERFORM billing_write(p_card.id, p_version, p_operation, NULL, p_now,
                              v_changes.lots, v_changes.measures, v_changes.deltas, v_changes.kinds);
    END IF;
    IF v_lacking IS NOT NULL THEN
        PERFORM billing_make_lot(p_card, p_version, p_operation, l.key, -l.value::numeric, 'redeemed', NULL, NULL,
                                 p_at, NULL, p_now)
        FROM jsonb_each_text(v_lacking) AS l;
    END IF;
    RETURN v_lacking;
END $$;

-- Give back so much of one measure of a redemption: to the debt it made, then to the lots it took from, dated as they
-- were, the latest end first. A debt that was met since cannot be given back to: that much is a new lot.
CREATE FUNCTION billing_give_back(
    p_card billing_discountcard, p_version bigint, p_operation bigint, p_of billing_billingoperation, p_measure text,
    p_amount numeric, p_shop bigint, p_at timestamptz, p_zone text, p_now timestamptz
) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_changes record;
BEGIN
    WITH taken AS MATERIALIZED (
        SELECT e.lot_id, -sum(e.delta) AS taken
        FROM billing_ledgerentry e
        WHERE e.operation_id = p_of.id AND e.kind = 'redeemed' AND e.measure = p_measure
        GROUP BY e.lot_id
    ), room AS MATERIALIZED (
        SELECT l.id, l.amount < 0 AS debt, l.expires_at, least(
                   t.taken - coalesce((
                       SELECT sum(e.delta)
                       FROM billing_billingoperation o
                       JOIN billing_ledgerentry e ON e.operation_id = o.id
                       WHERE o.of = p_of.uid AND o.of <> '' AND e.lot_id = l.id AND e.kind = 'returned'
                   ), 0),
                   CASE WHEN l.amount < 0 THEN -l.remaining ELSE l.amount - l.remaining END
               ) AS room
        FROM taken t
        CROSS JOIN LATERAL (SELECT * FROM billing_lot WHERE id = t.lot_id OFFSET 0) AS l
    ), ordered AS (
        SELECT r.*, sum(r.room) OVER (ORDER BY r.debt DESC, r.expires_at DESC NULLS FIRST, r.id DESC) - r.room AS before
        FROM room r
        WHERE r.room > 0
    )
    SELECT array_agg(o.id ORDER BY o.before) AS lots, array_agg(p_measure) AS measures,
           array_agg(least(o.room, p_amount - o.before) ORDER BY o.before) AS deltas,
           array_agg('returned'::text) AS kinds, coalesce(sum(least(o.room, p_amount - o.before)), 0) AS given
    INTO v_changes
    FROM ordered o
    WHERE o.before < p_amount;
    IF v_changes.lots IS NOT NULL THEN
        PERFORM billing_write(p_card.id, p_version, p_operation, NULL, p_now,
                              v_changes.lots, v_changes.measures, v_changes.deltas, v_changes.kinds);
    END IF;
    IF v_changes.given < p_amount THEN
        PERFORM billing_make_lot(p_card, p_version, p_operation, p_measure, p_amount - v_changes.given, 'returned',
                                 NULL, p_shop, p_at, p_zone, p_now);
    END IF;
END $$;

-- Take back so much of one measure of an accrual: what remains of its lot first. What was spent of it is owed; what
-- expired unspent is not.
CREATE FUNCTION billing_take_back(
    p_card billing_discountcard, p_version bigint, p_operation bigint, p_of billing_billingoperation, p_measure text,
    p_amount numeric, p_at timestamptz, p_now timestamptz
) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_lot billing_lot;
    v_taken numeric;
    v_spent numeric;
    v_owed numeric;
BEGIN
    SELECT l.* INTO v_lot
    FROM billing_lot l
    WHERE l.operation_id = p_of.id AND l.measure = p_measure AND l.amount > 0;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v_taken := least(p_amount, v_lot.remaining);
    IF v_taken > 0 AND v_lot.activated THEN
        PERFORM billing_write(p_card.id, p_version, p_operation, NULL, p_now,
                              ARRAY[v_lot.id], ARRAY[p_measure], ARRAY[-v_taken], ARRAY['taken_back']);
    ELSIF v_taken > 0 THEN
        UPDATE billing_lot SET remaining = remaining - v_taken WHERE id = v_lot.id;
    END IF;
    IF v_taken = p_amount THEN
        RETURN;
    END IF;
    SELECT -coalesce(sum(e.delta), 0) INTO v_spent
    FROM billing_ledgerentry e
    WHERE e.lot_id = v_lot.id AND e.kind IN ('redeemed', 'returned', 'met');
    SELECT -coalesce(sum(l.amount), 0) INTO v_owed
    FROM billing_billingoperation o
    JOIN billing_lot l ON l.operation_id = o.id
    WHERE o.of = p_of.uid AND o.of <> '' AND l.measure = p_measure AND l.amount < 0;
    v_owed := least(p_amount - v_taken, v_spent - v_owed);
    IF v_owed > 0 THEN
        PERFORM billing_make_lot(p_card, p_version, p_operation, p_measure, -v_owed, 'owed', NULL, NULL, p_at, NULL, p_now);
    END IF;
END $$;
