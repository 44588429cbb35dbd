-- Change lots of a card: so much of each, for a reason; with an entry for each, and the figures of the card. The order
-- of the changes is that of the entries. An operation changes a lot or two, for which plain statements cost half of what
-- starting one for all of them does.
CREATE OR REPLACE FUNCTION billing_write(
    p_card bigint, p_version bigint, p_operation bigint, p_document bigint, p_now timestamptz,
    p_lots bigint[], p_measures text[], p_deltas numeric[], p_kinds text[]
) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    v_changed numeric[] := '{0, 0, 0}';
    v_balance numeric[];
    v_measure integer;
BEGIN
    FOR i IN 1 .. cardinality(p_lots) LOOP
        v_measure := array_position('{bonuses,turnover,receipts}', p_measures[i]);
        v_changed[v_measure] := v_changed[v_measure] + p_deltas[i];
    END LOOP;
    UPDATE billing_discountcard c
    SET bonuses = c.bonuses + v_changed[1], turnover = c.turnover + v_changed[2],
        receipts = c.receipts + v_changed[3], version = p_version
    WHERE c.id = p_card
    RETURNING ARRAY[c.bonuses - v_changed[1], c.turnover - v_changed[2], c.receipts - v_changed[3]] INTO v_balance;
    FOR i IN 1 .. cardinality(p_lots) LOOP
        v_measure := array_position('{bonuses,turnover,receipts}', p_measures[i]);
        v_balance[v_measure] := v_balance[v_measure] + p_deltas[i];
        UPDATE billing_lot l SET remaining = l.remaining + p_deltas[i] WHERE l.id = p_lots[i];
        INSERT INTO billing_ledgerentry (
            card_id, measure, lot_id, kind, delta, balance_after, version, operation_id, document_id, at
        ) VALUES (
            p_card, p_measures[i], p_lots[i], p_kinds[i], p_deltas[i], v_balance[v_measure], p_version, p_operation,
            p_document, p_now
        );
    END LOOP;
END $$;

-- Take from what lives at a moment, the earliest end first. Unless `p_anyway`, too little means that nothing is taken;
-- otherwise what was lacking becomes a debt. Returns what was lacking, by measure; NULL when nothing was.
CREATE OR REPLACE FUNCTION billing_redeem(
    p_card billing_discountcard, p_version bigint, p_operation bigint, p_amounts jsonb, p_anyway boolean,
    p_at timestamptz, p_now timestamptz, p_kind text DEFAULT 'redeemed', p_document bigint DEFAULT NULL
) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_changes record;
    v_lacking jsonb;
BEGIN
    WITH wished AS (
        SELECT a.key AS measure, a.value::text::numeric AS amount FROM jsonb_each(p_amounts) AS a
    ), live AS (
        SELECT l.id, l.measure, l.remaining, w.amount, l.expires_at,
               sum(l.remaining) OVER (PARTITION BY l.measure ORDER BY l.expires_at NULLS LAST, l.id) - l.remaining AS before
        FROM wished w
        CROSS JOIN LATERAL (
            SELECT l.id, l.measure, l.remaining, l.expires_at
            FROM billing_lot l
            WHERE l.card_id = p_card.id AND l.measure = w.measure AND l.activated AND l.open AND l.amount > 0
              AND (l.expires_at IS NULL OR l.expires_at > p_at)
            OFFSET 0
        ) AS l
    ), taken AS (
        SELECT id, measure, least(remaining, amount - before) AS taken, expires_at FROM live WHERE before < amount
    )
    SELECT array_agg(t.id ORDER BY t.measure, t.expires_at, t.id) AS lots,
           array_agg(t.measure ORDER BY t.measure, t.expires_at, t.id) AS measures,
           array_agg(-t.taken ORDER BY t.measure, t.expires_at, t.id) AS deltas, array_agg(p_kind) AS kinds,
           coalesce(sum(t.taken), 0) < (SELECT sum(w.amount) FROM wished w) AS lacks
    INTO v_changes
    FROM taken t;

    IF v_changes.lacks THEN
        SELECT jsonb_object_agg(w.key, (w.value::text::numeric - w.taken)::numeric(15, 2)::text) INTO v_lacking
        FROM (
            SELECT a.key, a.value, coalesce((
                       SELECT -sum(d.delta) FROM unnest(v_changes.measures, v_changes.deltas) AS d(measure, delta)
                       WHERE d.measure = a.key
                   ), 0) AS taken
            FROM jsonb_each(p_amounts) AS a
        ) AS w
        WHERE w.value::text::numeric > w.taken;
        IF NOT p_anyway THEN
            RETURN v_lacking;
        END IF;
    END IF;

    IF v_changes.lots IS NOT NULL THEN
        PERFORM billing_write(p_card.id, p_version, p_operation, p_document, p_now,
                              v_changes.lots, v_changes.measures, v_changes.deltas, v_changes.kinds);
    END IF;
    IF v_lacking IS NOT NULL THEN
        PERFORM billing_make_lot(p_card, p_version, p_operation, l.key, -l.value::numeric, 'redeemed', NULL, NULL,
                                 p_at, NULL, p_now)
        FROM jsonb_each_text(v_lacking) AS l;
    END IF;
    RETURN v_lacking;
END $$;

-- A night may change every card, and a card whose new row fits beside the old one touches no index.
ALTER TABLE billing_discountcard SET (fillfactor = 60);
