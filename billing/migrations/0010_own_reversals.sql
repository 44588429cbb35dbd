-- A reversal that came first may name another card than the operation it waits for. What comes later has nothing to do with
-- it then, as it would have been refused had it come second. So only reversals of the same card count, or of one that it
-- was put in the place of.

-- What is left to be taken back of an operation, by measure, as a row of (bonuses, turnover, receipts).
CREATE OR REPLACE FUNCTION billing_left(
    p_of billing_billingoperation, OUT bonuses numeric, OUT turnover numeric, OUT receipts numeric
) LANGUAGE sql STABLE AS $$
    SELECT greatest(p_of.bonuses - coalesce(sum(o.bonuses), 0), 0), greatest(p_of.turnover - coalesce(sum(o.turnover), 0), 0),
           greatest(p_of.receipts - coalesce(sum(o.receipts), 0), 0)
    FROM billing_billingoperation o
    WHERE o.of = p_of.uid AND o.of <> '' AND billing_newest(o.card_id) = billing_newest(p_of.card_id)
$$;

-- Do what an operation says. Returns {"changed": {…columns of the operation}}, or {"refused": code, …} and nothing done.
CREATE OR REPLACE FUNCTION billing_carry_out(
    p_card billing_discountcard, p_op billing_billingoperation, p_of billing_billingoperation, p_shop bigint, p_zone text,
    p_source text, p_now timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_version bigint := p_card.version + 1;
    v_amounts jsonb := billing_amounts(p_op);
    v_lacking jsonb;
    v_before record;
    v_changed jsonb := '{}';
    v_reversal billing_billingoperation;
BEGIN
    IF p_op.kind = 'reverse' THEN
        IF p_of.id IS NULL OR p_of.state = 'voided' THEN
            RETURN '{"changed": {}}'; -- It waits for what it takes back; or that took no effect.
        END IF;
        RETURN jsonb_build_object('changed', billing_reverse(p_card, v_version, p_op, p_of, p_shop, p_zone, p_now));
    END IF;

    SELECT count(*) > 0 AS came, bool_or(o.bonuses = 0 AND o.turnover = 0 AND o.receipts = 0) AS whole,
           coalesce(sum(o.bonuses), 0) AS bonuses, coalesce(sum(o.turnover), 0) AS turnover,
           coalesce(sum(o.receipts), 0) AS receipts
    INTO v_before
    FROM billing_billingoperation o
    WHERE o.of = p_op.uid AND o.of <> '' AND billing_newest(o.card_id) = p_card.id;
    IF v_before.came AND (v_before.whole OR v_before.bonuses >= p_op.bonuses AND v_before.turnover >= p_op.turnover
                                            AND v_before.receipts >= p_op.receipts) THEN
        RETURN '{"changed": {"state": "voided"}}';
    END IF;

    IF p_op.kind = 'accrue' THEN
        PERFORM billing_make_lot(p_card, v_version, p_op.id, a.key, a.value::text::numeric, 'accrued',
                                 p_op.promotion_id, p_shop, p_op.occurred_at, p_zone, p_now)
        FROM jsonb_each(v_amounts) AS a;
        PERFORM billing_meet(p_card.id, v_version, p_op.id, NULL, p_now);
    ELSE
        v_lacking := billing_redeem(p_card, v_version, p_op.id, v_amounts, p_source <> 'online', p_op.occurred_at, p_now);
        IF v_lacking IS NOT NULL AND p_source = 'online' THEN
            RETURN jsonb_build_object(
                'refused', 'not_enough_bonuses', 'lacking', v_lacking,
                'state', billing_state(p_card.id, '', p_now, p_zone)
            );
        END IF;
        v_changed := jsonb_build_object('overdrawn', v_lacking IS NOT NULL);
    END IF;

    -- Parts of it were taken back before it came: now they can be.
    FOR v_reversal IN
        SELECT o.* FROM billing_billingoperation o
        WHERE o.of = p_op.uid AND o.of <> '' AND billing_newest(o.card_id) = p_card.id
        ORDER BY o.id
    LOOP
        PERFORM billing_reverse(p_card, v_version, v_reversal, p_op, p_shop, p_zone, p_now, v_reversal.id);
    END LOOP;
    RETURN jsonb_build_object('changed', v_changed);
END $$;

-- Take back what an operation did, as far as it has not been yet: the amounts that the reversal names, or all that is
-- left if it names none. Returns the amounts. Reversals from `p_from` on do not count as done.
CREATE OR REPLACE FUNCTION billing_reverse(
    p_card billing_discountcard, p_version bigint, p_op billing_billingoperation, p_of billing_billingoperation,
    p_shop bigint, p_zone text, p_now timestamptz, p_from bigint DEFAULT NULL
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_done record;
    v_all boolean := p_op.bonuses = 0 AND p_op.turnover = 0 AND p_op.receipts = 0;
    v_back jsonb;
BEGIN
    SELECT coalesce(sum(o.bonuses), 0) AS bonuses, coalesce(sum(o.turnover), 0) AS turnover,
           coalesce(sum(o.receipts), 0) AS receipts
    INTO v_done
    FROM billing_billingoperation o
    WHERE o.of = p_of.uid AND o.of <> '' AND billing_newest(o.card_id) = p_card.id
      AND (p_from IS NULL OR o.id < p_from);
    SELECT jsonb_object_agg(m.measure, greatest(least(m.was - m.done, CASE WHEN v_all THEN m.was ELSE m.asked END), 0))
    INTO v_back
    FROM (VALUES ('bonuses', p_of.bonuses, v_done.bonuses, p_op.bonuses),
                 ('turnover', p_of.turnover, v_done.turnover, p_op.turnover),
                 ('receipts', p_of.receipts, v_done.receipts, p_op.receipts)) AS m(measure, was, done, asked);
    IF p_of.kind = 'accrue' THEN
        PERFORM billing_take_back(p_card, p_version, p_op.id, p_of, b.key, b.value::text::numeric, p_op.occurred_at, p_now)
        FROM jsonb_each(v_back) AS b WHERE b.value::text::numeric > 0;
    ELSE
        PERFORM billing_give_back(p_card, p_version, p_op.id, p_of, b.key, b.value::text::numeric, p_shop,
                                  p_op.occurred_at, p_zone, p_now)
        FROM jsonb_each(v_back) AS b WHERE b.value::text::numeric > 0;
    END IF;
    PERFORM billing_meet(p_card.id, p_version, p_op.id, NULL, p_now);
    RETURN v_back;
END $$;
