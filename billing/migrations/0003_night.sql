-- The night's work on one chunk of cards, done wholly or not at all. The caller has locked the chunk.
--
-- It locks the cards that have something due, by id, and then looks at their lots anew, so that it decides on nothing that
-- somebody else is changing; registers go on with every other card. Whatever begins meets what its card owes.
-- Plans are made for each chunk: which of the two kinds it is decides about indexes.
CREATE FUNCTION billing_night_chunk(p_chunk bigint, p_now timestamptz) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_chunk record;
    v_begins boolean;
    v_until timestamptz;
    v_document bigint;
    v_cards bigint[];
    v_total record;
BEGIN
    SELECT k.first_card, k.last_card, r.kind = 'accrual' AS begins, r.until, r.document_id
    INTO STRICT v_chunk
    FROM billing_nightchunk k JOIN billing_nightrun r ON r.id = k.run_id
    WHERE k.id = p_chunk;
    v_begins := v_chunk.begins;
    v_until := v_chunk.until;
    v_document := v_chunk.document_id;

    SELECT array_agg(locked.id) INTO v_cards
    FROM (
        SELECT c.id
        FROM billing_discountcard c
        WHERE c.id BETWEEN v_chunk.first_card AND v_chunk.last_card
          AND CASE WHEN v_begins THEN EXISTS (
                  SELECT FROM billing_lot l
                  WHERE l.card_id = c.id AND NOT l.activated AND l.open AND l.active_from < v_until OFFSET 0
              ) ELSE EXISTS (
                  SELECT FROM billing_lot l
                  WHERE l.card_id = c.id AND l.activated AND l.open AND l.expires_at <= v_until OFFSET 0
              ) END
        ORDER BY c.id
        FOR NO KEY UPDATE
    ) AS locked;

    WITH due AS MATERIALIZED (
        SELECT l.id, l.card_id, l.measure, l.remaining, l.moment, c.version + 1 AS version,
               CASE l.measure WHEN 'bonuses' THEN c.bonuses WHEN 'turnover' THEN c.turnover ELSE c.receipts END AS was
        FROM unnest(v_cards) AS k(id)
        JOIN billing_discountcard c ON c.id = k.id
        CROSS JOIN LATERAL (
            SELECT l.id, l.card_id, l.measure, l.remaining, l.active_from AS moment
            FROM billing_lot l
            WHERE v_begins AND l.card_id = k.id AND NOT l.activated AND l.open AND l.active_from < v_until
            UNION ALL
            SELECT l.id, l.card_id, l.measure, -l.remaining, l.expires_at
            FROM billing_lot l
            WHERE NOT v_begins AND l.card_id = k.id AND l.activated AND l.open AND l.expires_at <= v_until
        ) AS l
    ), lot AS (
        UPDATE billing_lot l
        SET activated = true, remaining = CASE WHEN v_begins THEN l.remaining ELSE 0 END
        FROM due d
        WHERE l.id = d.id
    ), card AS (
        UPDATE billing_discountcard c
        SET bonuses = c.bonuses + s.bonuses, turnover = c.turnover + s.turnover, receipts = c.receipts + s.receipts,
            version = s.version
        FROM (
            SELECT d.card_id, d.version, coalesce(sum(d.remaining) FILTER (WHERE d.measure = 'bonuses'), 0) AS bonuses,
                   coalesce(sum(d.remaining) FILTER (WHERE d.measure = 'turnover'), 0) AS turnover,
                   coalesce(sum(d.remaining) FILTER (WHERE d.measure = 'receipts'), 0) AS receipts
            FROM due d
            GROUP BY d.card_id, d.version
        ) AS s
        WHERE c.id = s.card_id
    ), entry AS (
        INSERT INTO billing_ledgerentry (
            card_id, measure, lot_id, kind, delta, balance_after, version, operation_id, document_id, at
        )
        SELECT d.card_id, d.measure, d.id, CASE WHEN v_begins THEN 'begun' ELSE 'expired' END, d.remaining,
               d.was + sum(d.remaining) OVER (PARTITION BY d.card_id, d.measure ORDER BY d.moment, d.id),
               d.version, NULL, v_document, p_now
        FROM due d
    )
    SELECT count(*) AS lots, coalesce(abs(sum(d.remaining) FILTER (WHERE d.measure = 'bonuses')), 0) AS bonuses,
           coalesce(abs(sum(d.remaining) FILTER (WHERE d.measure = 'turnover')), 0) AS turnover,
           coalesce(abs(sum(d.remaining) FILTER (WHERE d.measure = 'receipts')), 0) AS receipts
    INTO v_total
    FROM due d;

    IF v_begins THEN
        PERFORM billing_meet(c.id, c.version, NULL, v_document, p_now)
        FROM (
            SELECT c.id, c.version
            FROM unnest(v_cards) AS k(id)
            JOIN billing_discountcard c ON c.id = k.id
            WHERE EXISTS (SELECT FROM billing_lot l WHERE l.card_id = k.id AND l.amount < 0 AND l.open OFFSET 0)
            OFFSET 0
        ) AS c;
    END IF;

    UPDATE billing_nightchunk
    SET state = 'done', error = '', cards = coalesce(cardinality(v_cards), 0), lots = v_total.lots,
        bonuses = v_total.bonuses, turnover = v_total.turnover, receipts = v_total.receipts
    WHERE id = p_chunk;
END $$;

-- Entries point at what the night wrote without a foreign key, so it stays.
CREATE TRIGGER billing_carddocument_stays BEFORE DELETE ON billing_carddocument
    FOR EACH ROW WHEN (OLD.kind IN ('accrual', 'write_off')) EXECUTE FUNCTION billing_stays();
