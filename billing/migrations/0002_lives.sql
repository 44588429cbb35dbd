-- When a lot begins and ends. Days are those of a time zone, the shop's; ends are the first moment at which a lot is no
-- longer live, so that the end of a day is the midnight after it.

-- At once, or with the beginning of the day so many days later.
CREATE FUNCTION billing_begins(p_at timestamptz, p_days integer, p_zone text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_days = 0 THEN p_at
                ELSE (date_trunc('day', p_at AT TIME ZONE p_zone) + p_days * interval '1 day') AT TIME ZONE p_zone END
$$;

-- A moment, rounded up to the end of its day or month. Where one ends and the next begins stays as it is.
CREATE FUNCTION billing_rounded(p_moment timestamptz, p_rounding text, p_zone text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_rounding = 'none' THEN p_moment
                ELSE (date_trunc(p_rounding, (p_moment AT TIME ZONE p_zone) - interval '1 microsecond')
                      + ('1 ' || p_rounding)::interval) AT TIME ZONE p_zone END
$$;

-- The life that a rule gives to what was accrued at a moment. Without a rule it begins at once and never ends. What has
-- a date to begin on and comes later begins at once; a month after the 31st ends with a shorter month's last day.
CREATE FUNCTION billing_life(
    p_rule bigint, p_at timestamptz, p_zone text, OUT active_from timestamptz, OUT expires_at timestamptz
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_rule billing_bonusliferule;
BEGIN
    active_from := p_at;
    SELECT r.* INTO v_rule FROM billing_bonusliferule r WHERE r.id = p_rule;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    active_from := CASE v_rule.starts
        WHEN 'on' THEN greatest(v_rule.starts_on::timestamp AT TIME ZONE p_zone, p_at)
        ELSE billing_begins(p_at, v_rule.starts_after_days, p_zone) END;
    expires_at := billing_rounded(CASE v_rule.lives
        WHEN 'days' THEN ((active_from AT TIME ZONE p_zone) + v_rule.lives_for * interval '1 day') AT TIME ZONE p_zone
        WHEN 'months' THEN ((active_from AT TIME ZONE p_zone) + v_rule.lives_for * interval '1 month') AT TIME ZONE p_zone
        WHEN 'until' THEN (v_rule.lives_until + 1)::timestamp AT TIME ZONE p_zone
    END, v_rule.rounding, p_zone);
END $$;

-- The rule of bonuses accrued under a promotion on a card of a kind in a shop: that of the kind of cards. Assignments of
-- promotions put theirs in its place.
CREATE FUNCTION billing_rule_of(p_promotion bigint, p_kind bigint, p_shop bigint, p_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT k.bonus_rule_id FROM billing_cardkind k WHERE k.id = p_kind
$$;

-- The life of one measure accrued on a card: of bonuses by their rule, of the others by the card or else its kind.
CREATE FUNCTION billing_life_of(
    p_card billing_discountcard, p_measure text, p_promotion bigint, p_shop bigint, p_at timestamptz, p_zone text,
    OUT active_from timestamptz, OUT expires_at timestamptz
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_days integer;
BEGIN
    IF p_measure = 'bonuses' THEN
        SELECT l.active_from, l.expires_at INTO active_from, expires_at
        FROM billing_life(billing_rule_of(p_promotion, p_card.kind_id, p_shop, p_at), p_at, p_zone) l;
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
