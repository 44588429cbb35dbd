-- What registers ask of cards.

-- The state of a card at a moment, as registers are told it; days are those of a time zone. What has expired and is not
-- written off yet is not available; neither is what has not begun.
CREATE FUNCTION billing_state(p_card bigint, p_number text, p_at timestamptz, p_zone text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_card record;
    v_pending numeric;
    v_next record;
BEGIN
    SELECT c.status, k.id AS kind_id, k.name AS kind, c.bonuses - coalesce(e.bonuses, 0) AS bonuses,
           c.turnover - coalesce(e.turnover, 0) AS turnover, c.receipts - coalesce(e.receipts, 0)::integer AS receipts
    INTO v_card
    FROM billing_discountcard c
    JOIN billing_cardkind k ON k.id = c.kind_id
    CROSS JOIN LATERAL (
        -- Each measure by itself: a range of the index, where nothing stands but what the night has not come to.
        SELECT sum(l.remaining) FILTER (WHERE m.measure = 'bonuses') AS bonuses,
               sum(l.remaining) FILTER (WHERE m.measure = 'turnover') AS turnover,
               sum(l.remaining) FILTER (WHERE m.measure = 'receipts') AS receipts
        FROM (VALUES ('bonuses'), ('turnover'), ('receipts')) AS m(measure)
        CROSS JOIN LATERAL (
            SELECT l.remaining FROM billing_lot l
            WHERE l.card_id = p_card AND l.measure = m.measure AND l.activated AND l.open AND l.expires_at <= p_at
            OFFSET 0
        ) AS l
    ) AS e
    WHERE c.id = p_card;

    SELECT coalesce(sum(l.remaining), 0.00) INTO v_pending
    FROM billing_lot l
    WHERE l.card_id = p_card AND NOT l.activated AND l.open AND l.measure = 'bonuses';

    SELECT d.day, sum(d.remaining) AS amount INTO v_next
    FROM (
        SELECT l.remaining, ((l.expires_at - interval '1 microsecond') AT TIME ZONE p_zone)::date AS day
        FROM billing_lot l
        WHERE l.card_id = p_card AND l.measure = 'bonuses' AND l.activated AND l.open AND l.expires_at > p_at
    ) AS d
    GROUP BY d.day
    ORDER BY d.day
    LIMIT 1;

    RETURN jsonb_build_object(
        'card', p_number, 'status', v_card.status, 'kind', v_card.kind,
        'bonuses', jsonb_build_object(
            'available', v_card.bonuses::text, 'pending', v_pending::text,
            'next_expiry', CASE WHEN v_next.day IS NOT NULL
                                THEN jsonb_build_object('on', v_next.day, 'amount', v_next.amount::text) END
        ),
        'turnover', v_card.turnover::text, 'receipts', v_card.receipts,
        'suggested_discount_percent', (
            SELECT coalesce(max(t.percent), 0.00)::text
            FROM billing_discountthreshold t
            WHERE t.kind_id = v_card.kind_id
              AND t.reached <= CASE t.measure WHEN 'turnover' THEN v_card.turnover ELSE v_card.receipts END
        )
    );
END $$;

-- Who asks: the register named by its id, or by the digest of its token if that is in use. No row for any other token.
CREATE FUNCTION billing_asker(
    p_register bigint, p_digest text,
    OUT id bigint, OUT number bigint, OUT shop_id bigint, OUT zone text, OUT refused text
) RETURNS SETOF record LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT r.id, r.number, r.shop_id, s.time_zone,
           CASE WHEN NOT c.discount_cards THEN 'discount_cards_disabled'
                WHEN NOT c.online_registers THEN 'online_registers_disabled' END
    FROM registers_register r
    JOIN retail_shop s ON s.id = r.shop_id
    CROSS JOIN retail_constants c
    WHERE r.id = coalesce(p_register, (
              SELECT t.register_id FROM registers_registertoken t
              WHERE t.digest = p_digest AND t.revoked_at IS NULL AND t.first_used_at IS NOT NULL
          ))
      AND (r.active OR p_register IS NOT NULL)
$$;

-- Answer what is on a card, without a lock: {"register", "number", "refused"} or {"register", "number", "state"}; NULL
-- for a token that is not simply good.
CREATE FUNCTION billing_card(p_register bigint, p_digest text, p_number text, p_now timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_asker record;
    v_card bigint;
BEGIN
    SELECT a.* INTO v_asker FROM billing_asker(p_register, p_digest) a;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF v_asker.refused IS NULL THEN
        SELECT n.card_id INTO v_card FROM billing_cardnumber n WHERE n.value = p_number;
        IF NOT FOUND THEN
            v_asker.refused := 'unknown_card';
        END IF;
    END IF;
    IF v_asker.refused IS NOT NULL THEN
        RETURN jsonb_build_object('register', v_asker.id, 'number', v_asker.number, 'refused', v_asker.refused);
    END IF;
    RETURN jsonb_build_object('register', v_asker.id, 'number', v_asker.number,
                              'state', billing_state(v_card, p_number, p_now, v_asker.zone));
END $$;

-- Apply one operation to a card, once for its uid. `p_source` online: the register waits, and may be refused; otherwise
-- it has happened, and is recorded whatever there was. `p_register` NULL without a digest: a document, in `p_zone`.
-- `p_asked` is {"uid", "kind", "bonuses", "turnover", "receipts", "occurred_at", "receipt_uid", "promotion", "of",
-- "digest" (hex)}. Returns
--     {"register", "number", "refused": code, …what explains it}, and nothing has changed; or
--     {"register", "number", "duplicate", "result": the state after it and the operation}; or
--     NULL for a token that is not simply good.
-- Locks the card. Of one uid on two cards at the very same moment one fails with a unique violation and is repeated.
CREATE FUNCTION billing_operate(
    p_register bigint, p_digest text, p_number text, p_source text, p_zone text, p_now timestamptz, p_asked jsonb
) RETURNS jsonb LANGUAGE plpgsql
SET lock_timeout = '1s'
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_asker record;
    v_card billing_discountcard;
    v_op billing_billingoperation;
    v_of billing_billingoperation;
    v_known billing_billingoperation;
    v_who jsonb := '{}';
    v_refused jsonb;
    v_waits boolean := false;
BEGIN
    SELECT a.* INTO v_asker FROM billing_asker(p_register, p_digest) a;
    IF FOUND THEN
        v_who := jsonb_build_object('register', v_asker.id, 'number', v_asker.number);
    ELSIF p_register IS NOT NULL OR p_digest IS NOT NULL THEN
        RETURN NULL;
    ELSE
        v_asker.zone := p_zone;
    END IF;
    IF p_source = 'online' AND v_asker.refused IS NOT NULL THEN
        RETURN v_who || jsonb_build_object('refused', v_asker.refused);
    END IF;

    SELECT c.* INTO v_card
    FROM billing_cardnumber n JOIN billing_discountcard c ON c.id = n.card_id
    WHERE n.value = p_number
    FOR NO KEY UPDATE OF c;
    WHILE v_card.replaced_by_id IS NOT NULL LOOP -- Replaced while we waited for it.
        SELECT c.* INTO v_card FROM billing_discountcard c WHERE c.id = v_card.replaced_by_id FOR NO KEY UPDATE;
    END LOOP;
    IF v_card.id IS NULL THEN
        RETURN v_who || '{"refused": "unknown_card"}';
    END IF;

    SELECT o.* INTO v_known FROM billing_billingoperation o WHERE o.uid = p_asked->>'uid';
    IF FOUND THEN
        IF v_known.digest <> decode(p_asked->>'digest', 'hex') OR v_known.register_id <> v_asker.id
           OR NOT billing_is_card(v_known.card_id, v_card.id)
           OR v_known.receipt_uid <> '' AND p_asked->>'receipt_uid' NOT IN ('', v_known.receipt_uid) THEN
            RETURN v_who || '{"refused": "uid_reused"}';
        END IF;
        IF v_known.receipt_uid = '' AND p_asked->>'receipt_uid' <> '' THEN
            UPDATE billing_billingoperation SET receipt_uid = p_asked->>'receipt_uid' WHERE id = v_known.id;
        END IF;
        RETURN v_who || jsonb_build_object('duplicate', true, 'result', v_known.result);
    END IF;

    v_op.id := nextval('billing_billingoperation_id_seq');
    v_op.uid := p_asked->>'uid';
    v_op.card_id := v_card.id;
    v_op.kind := p_asked->>'kind';
    v_op.bonuses := coalesce((p_asked->>'bonuses')::numeric, 0);
    v_op.turnover := coalesce((p_asked->>'turnover')::numeric, 0);
    v_op.receipts := coalesce((p_asked->>'receipts')::integer, 0);
    v_op.occurred_at := (p_asked->>'occurred_at')::timestamptz;
    v_op.recorded_at := p_now;
    v_op.register_id := v_asker.id;
    v_op.receipt_uid := coalesce(p_asked->>'receipt_uid', '');
    v_op.promotion_code := coalesce(p_asked->>'promotion', '');
    IF v_op.promotion_code <> '' THEN
        v_op.promotion_id := (SELECT p.id FROM billing_promotion p WHERE p.code = v_op.promotion_code);
    END IF;
    v_op.of := coalesce(p_asked->>'of', '');
    v_op.source := p_source;
    v_op.digest := decode(p_asked->>'digest', 'hex');
    v_op.state := 'applied';
    v_op.overdrawn := false;

    IF p_source = 'online' AND v_op.kind <> 'reverse' AND v_card.status IN ('blocked', 'closed') THEN
        RETURN v_who || jsonb_build_object('refused', 'card_' || v_card.status);
    END IF;
    IF v_op.kind = 'reverse' THEN
        SELECT o.* INTO v_of FROM billing_billingoperation o WHERE o.uid = v_op.of;
        v_waits := NOT FOUND;
        v_refused := billing_refuse_reversal(v_card, v_op, v_of, p_source);
    END IF;
    IF v_refused IS NULL THEN
        v_refused := billing_carry_out(v_card, v_op, v_of, v_asker.shop_id, v_asker.zone, p_source, p_now);
        IF v_refused ? 'changed' THEN
            v_op.state := coalesce(v_refused->'changed'->>'state', v_op.state);
            v_op.overdrawn := coalesce((v_refused->'changed'->>'overdrawn')::boolean, false);
            v_op.bonuses := coalesce((v_refused->'changed'->>'bonuses')::numeric, v_op.bonuses);
            v_op.turnover := coalesce((v_refused->'changed'->>'turnover')::numeric, v_op.turnover);
            v_op.receipts := coalesce((v_refused->'changed'->>'receipts')::numeric, v_op.receipts);
            v_refused := NULL;
        END IF;
    END IF;
    IF v_refused IS NOT NULL THEN
        RETURN v_who || v_refused;
    END IF;

    IF v_card.status = 'issued' THEN
        UPDATE billing_discountcard SET status = 'active' WHERE id = v_card.id;
    END IF;
    v_op.result := billing_state(v_card.id, p_number, p_now, v_asker.zone) || jsonb_build_object(
        'operation', jsonb_build_object(
            'uid', v_op.uid, 'kind', v_op.kind, 'state', CASE WHEN v_waits THEN 'waits' ELSE v_op.state END,
            'bonuses', v_op.bonuses::numeric(15, 2)::text, 'turnover', v_op.turnover::numeric(15, 2)::text,
            'receipts', v_op.receipts, 'overdrawn', v_op.overdrawn
        )
    );
    INSERT INTO billing_billingoperation SELECT v_op.*;
    RETURN v_who || jsonb_build_object('duplicate', false, 'result', v_op.result);
END $$;

-- Tell whether what was told of one card is told of another: it is the same one, or was replaced by it.
CREATE FUNCTION billing_is_card(p_told bigint, p_card bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    WHILE p_told <> p_card LOOP
        SELECT c.replaced_by_id INTO p_told FROM billing_discountcard c WHERE c.id = p_told;
    END LOOP;
    RETURN p_told IS NOT NULL;
END $$;

-- What is left to be taken back of an operation, by measure, as a row of (bonuses, turnover, receipts).
CREATE FUNCTION billing_left(
    p_of billing_billingoperation, OUT bonuses numeric, OUT turnover numeric, OUT receipts numeric
) LANGUAGE sql STABLE AS $$
    SELECT greatest(p_of.bonuses - coalesce(sum(o.bonuses), 0), 0), greatest(p_of.turnover - coalesce(sum(o.turnover), 0), 0),
           greatest(p_of.receipts - coalesce(sum(o.receipts), 0), 0)
    FROM billing_billingoperation o
    WHERE o.of = p_of.uid AND o.of <> ''
$$;

-- Why a reversal makes no sense: {"refused": code, …}, or NULL. Of what is not known yet nothing can be said.
CREATE FUNCTION billing_refuse_reversal(
    p_card billing_discountcard, p_op billing_billingoperation, p_of billing_billingoperation, p_source text
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_left record;
BEGIN
    IF p_of.id IS NULL THEN
        RETURN NULL;
    ELSIF p_of.kind NOT IN ('accrue', 'redeem') THEN
        RETURN '{"refused": "not_reversible"}';
    ELSIF NOT billing_is_card(p_of.card_id, p_card.id) THEN
        RETURN '{"refused": "of_another_card"}';
    END IF;
    SELECT l.* INTO v_left FROM billing_left(p_of) l;
    IF p_source = 'online' AND (p_op.bonuses > v_left.bonuses OR p_op.turnover > v_left.turnover
                                OR p_op.receipts > v_left.receipts) THEN
        RETURN jsonb_build_object('refused', 'reversed_already', 'left', v_left.bonuses::text);
    END IF;
    RETURN NULL;
END $$;

-- Do what an operation says. Returns {"changed": {…columns of the operation}}, or {"refused": code, …} and nothing done.
CREATE FUNCTION billing_carry_out(
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
    WHERE o.of = p_op.uid AND o.of <> '';
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
        SELECT o.* FROM billing_billingoperation o WHERE o.of = p_op.uid AND o.of <> '' ORDER BY o.id
    LOOP
        PERFORM billing_reverse(p_card, v_version, v_reversal, p_op, p_shop, p_zone, p_now, v_reversal.id);
    END LOOP;
    RETURN jsonb_build_object('changed', v_changed);
END $$;

-- The amounts of an operation that are not nothing, by measure.
CREATE FUNCTION billing_amounts(p_op billing_billingoperation) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(m.measure, m.amount), '{}')
    FROM (VALUES ('bonuses', p_op.bonuses), ('turnover', p_op.turnover), ('receipts', p_op.receipts)) AS m(measure, amount)
    WHERE m.amount > 0
$$;

-- Take back what an operation did, as far as it has not been yet: the amounts that the reversal names, or all that is
-- left if it names none. Returns the amounts. Reversals from `p_from` on do not count as done.
CREATE FUNCTION billing_reverse(
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
    WHERE o.of = p_of.uid AND o.of <> '' AND (p_from IS NULL OR o.id < p_from);
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
