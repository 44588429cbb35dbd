-- The rule of bonuses accrued under a promotion on a card of a kind, in a shop, on its day: that of the assignment in force
-- there that was posted last, or else that of the kind of cards. Without a promotion there is nothing to look for. An
-- operation of no shop is under those alone that name none.
DROP FUNCTION billing_rule_of(bigint, bigint, bigint, timestamptz);
CREATE FUNCTION billing_rule_of(p_promotion bigint, p_kind bigint, p_shop bigint, p_day date) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_rule bigint;
BEGIN
    IF p_promotion IS NOT NULL THEN
        SELECT a.bonus_rule_id INTO v_rule
        FROM billing_promotionassignment a
        WHERE a.promotion_id = p_promotion AND a.state = 'posted' AND a.begins <= p_day
          AND (a.ends IS NULL OR a.ends >= p_day)
          AND (NOT EXISTS (SELECT FROM billing_promotionassignment_shops s WHERE s.promotionassignment_id = a.id OFFSET 0)
               OR EXISTS (SELECT FROM billing_promotionassignment_shops s
                          WHERE s.promotionassignment_id = a.id AND s.shop_id = p_shop OFFSET 0))
          AND (NOT EXISTS (SELECT FROM billing_promotionassignment_kinds k WHERE k.promotionassignment_id = a.id OFFSET 0)
               OR EXISTS (SELECT FROM billing_promotionassignment_kinds k
                          WHERE k.promotionassignment_id = a.id AND k.cardkind_id = p_kind OFFSET 0))
        ORDER BY a.posted_at DESC, a.id DESC
        LIMIT 1;
        IF FOUND THEN
            RETURN v_rule;
        END IF;
    END IF;
    RETURN (SELECT k.bonus_rule_id FROM billing_cardkind k WHERE k.id = p_kind);
END $$;

-- The life of one measure accrued on a card: of bonuses by their rule, of the others by the card or else its kind.
CREATE OR REPLACE FUNCTION billing_life_of(
    p_card billing_discountcard, p_measure text, p_promotion bigint, p_shop bigint, p_at timestamptz, p_zone text,
    OUT active_from timestamptz, OUT expires_at timestamptz
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_days integer;
BEGIN
    IF p_measure = 'bonuses' THEN
        SELECT l.active_from, l.expires_at INTO active_from, expires_at
        FROM billing_life(billing_rule_of(p_promotion, p_card.kind_id, p_shop, (p_at AT TIME ZONE p_zone)::date),
                          p_at, p_zone) l;
        RETURN;
    END IF;
    SELECT billing_begins(p_at, CASE p_measure
               WHEN 'turnover' THEN coalesce(p_card.turnover_delay, k.turnover_delay)
               ELSE coalesce(p_card.receipts_delay, k.receipts_delay) END, p_zone),
           CASE p_measure
               WHEN 'turnover' THEN coalesce(p_card.turnover_life, k.turnover_life)
               ELSE coalesce(p_card.receipts_life, k.receipts_life) END
    INTO active_from, v_days
    FROM billing_cardkind k WHERE k.id = p_card.kind_id;
    expires_at := billing_rounded(
        ((active_from AT TIME ZONE p_zone) + v_days * interval '1 day') AT TIME ZONE p_zone, 'day', p_zone
    );
END $$;

-- All that may happen to a posted assignment is to be reversed, and to a reversed one nothing.
CREATE FUNCTION billing_promotionassignment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_reversal text[] := ARRAY['state', 'reversed_at', 'reversed_by_id'];
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'posted' AND NEW.state = 'reversed'
       AND to_jsonb(NEW) - v_reversal = to_jsonb(OLD) - v_reversal THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Assignment % has left the drafts and is kept as it is.', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'billing_promotionassignment_kept_once_posted';
END $$;
CREATE TRIGGER billing_promotionassignment_kept BEFORE UPDATE OR DELETE ON billing_promotionassignment
    FOR EACH ROW EXECUTE FUNCTION billing_promotionassignment_kept();

-- Its shops and kinds are kept with it. Its row is locked first, so that one written while it is being posted waits, and
-- is then refused.
CREATE FUNCTION billing_assignment_part_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_state text;
BEGIN
    FOR v_state IN
        SELECT a.state FROM billing_promotionassignment a
        WHERE a.id IN (OLD.promotionassignment_id, NEW.promotionassignment_id) ORDER BY a.id FOR SHARE
    LOOP
        IF v_state <> 'draft' THEN
            RAISE EXCEPTION 'An assignment that has left the drafts is kept with its shops and kinds.'
                USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_kept_once_posted';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER billing_assignment_shops_kept BEFORE INSERT OR UPDATE OR DELETE ON billing_promotionassignment_shops
    FOR EACH ROW EXECUTE FUNCTION billing_assignment_part_kept();
CREATE TRIGGER billing_assignment_kinds_kept BEFORE INSERT OR UPDATE OR DELETE ON billing_promotionassignment_kinds
    FOR EACH ROW EXECUTE FUNCTION billing_assignment_part_kept();
