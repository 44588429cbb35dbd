-- Corrections of cards: written by one person, approved by another, done here under the locks of their cards.

-- As it was (0002_ledger.sql), and the entries may be of another kind and name a document.
DROP FUNCTION billing_redeem(billing_discountcard, bigint, bigint, jsonb, boolean, timestamptz, timestamptz);
CREATE FUNCTION billing_redeem(
    p_card billing_discountcard, p_version bigint, p_operation bigint, p_amounts jsonb, p_anyway boolean,
    p_at timestamptz, p_now timestamptz, p_kind text DEFAULT 'redeemed', p_document bigint DEFAULT NULL
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
           array_agg(-t.taken ORDER BY t.measure, t.expires_at, t.id) AS deltas, array_agg(p_kind) AS kinds
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

-- As it was (0002_ledger.sql), and what a correction took off an accrual was spent like any other: it is owed.
CREATE OR REPLACE FUNCTION billing_take_back(
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
    WHERE e.lot_id = v_lot.id AND e.kind IN ('redeemed', 'returned', 'met', 'corrected');
    SELECT -coalesce(sum(l.amount), 0) INTO v_owed
    FROM billing_billingoperation o
    JOIN billing_lot l ON l.operation_id = o.id
    WHERE o.of = p_of.uid AND o.of <> '' AND l.measure = p_measure AND l.amount < 0;
    v_owed := least(p_amount - v_taken, v_spent - v_owed);
    IF v_owed > 0 THEN
        PERFORM billing_make_lot(p_card, p_version, p_operation, p_measure, -v_owed, 'owed', NULL, NULL, p_at, NULL, p_now);
    END IF;
END $$;

-- The card that has what a card had: itself, or the one that was put in its place.
CREATE FUNCTION billing_newest(p_card bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_next bigint;
BEGIN
    LOOP
        SELECT c.replaced_by_id INTO v_next FROM billing_discountcard c WHERE c.id = p_card;
        EXIT WHEN v_next IS NULL;
        p_card := v_next;
    END LOOP;
    RETURN p_card;
END $$;

-- Do what the lines of a correction say: first what is taken off, then what is added, an operation for each. Locks the
-- cards by id; the caller has locked the document. Returns each line for which there is too little on its card, and how
-- much is lacking: then the caller takes all of it back.
CREATE FUNCTION billing_correct(p_document bigint, p_zone text, p_now timestamptz)
RETURNS TABLE (short_line integer, lacking numeric) LANGUAGE plpgsql AS $$
DECLARE
    v_cards bigint[];
    v_line record;
    v_card billing_discountcard;
    v_version bigint;
    v_operation bigint;
    v_of text;
    v_short jsonb;
BEGIN
    LOOP
        SELECT array_agg(DISTINCT billing_newest(l.card_id)) INTO v_cards
        FROM billing_correctionline l WHERE l.document_id = p_document;
        PERFORM FROM billing_discountcard c WHERE c.id = ANY (v_cards) ORDER BY c.id FOR NO KEY UPDATE;
        -- Replaced while we waited for it: then the other one is locked too.
        EXIT WHEN NOT EXISTS (
            SELECT FROM billing_discountcard c WHERE c.id = ANY (v_cards) AND c.replaced_by_id IS NOT NULL
        );
    END LOOP;

    FOR v_line IN
        SELECT l.*, d.reverses_id
        FROM billing_correctionline l
        JOIN billing_correctiondocument d ON d.carddocument_ptr_id = l.document_id
        WHERE l.document_id = p_document
        ORDER BY l.amount > 0, l.line
    LOOP
        SELECT c.* INTO v_card FROM billing_discountcard c WHERE c.id = billing_newest(v_line.card_id);
        v_version := v_card.version + 1;
        v_operation := nextval('billing_billingoperation_id_seq');
        v_of := coalesce('correction.' || v_line.reverses_id || '.' || v_line.line, '');
        v_short := NULL;
        IF v_line.reverses_id IS NOT NULL THEN
            v_short := billing_uncorrect(v_card, v_version, v_operation, p_document, v_of, v_line.measure, v_line.amount,
                                         p_now);
        ELSIF v_line.amount < 0 THEN
            v_short := billing_redeem(v_card, v_version, v_operation,
                                      jsonb_build_object(v_line.measure, -v_line.amount), false, p_now, p_now,
                                      'corrected', p_document);
        ELSE
            PERFORM billing_add(v_card.id, v_version, v_operation, p_document, v_line.measure, v_line.amount,
                                (v_line.expires_on + 1)::timestamp AT TIME ZONE p_zone, p_now);
        END IF;
        IF v_short IS NOT NULL THEN
            short_line := v_line.line;
            lacking := (v_short->>v_line.measure)::numeric;
            RETURN NEXT;
            CONTINUE;
        END IF;
        PERFORM billing_meet(v_card.id, v_version, v_operation, p_document, p_now);
        INSERT INTO billing_billingoperation (
            id, uid, card_id, kind, bonuses, turnover, receipts, occurred_at, recorded_at, receipt_uid, promotion_code,
            of, source, digest, state, overdrawn, result
        )
        SELECT v_operation, o.uid, v_card.id, CASE WHEN v_of = '' THEN 'correct' ELSE 'reverse' END,
               CASE v_line.measure WHEN 'bonuses' THEN o.amount ELSE 0 END,
               CASE v_line.measure WHEN 'turnover' THEN o.amount ELSE 0 END,
               CASE v_line.measure WHEN 'receipts' THEN o.amount ELSE 0 END,
               p_now, p_now, '', '', v_of, 'document', sha256(o.uid::bytea), 'applied', false, '{}'
        FROM (
            SELECT format('correction.%s.%s', p_document, v_line.line) AS uid,
                   CASE WHEN v_of = '' THEN v_line.amount ELSE abs(v_line.amount) END AS amount
        ) AS o;
    END LOOP;
END $$;

-- Add a lot that counts at once.
CREATE FUNCTION billing_add(
    p_card bigint, p_version bigint, p_operation bigint, p_document bigint, p_measure text, p_amount numeric,
    p_expires_at timestamptz, p_now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_lot bigint;
BEGIN
    INSERT INTO billing_lot (card_id, measure, amount, remaining, active_from, expires_at, activated, operation_id)
    VALUES (p_card, p_measure, p_amount, 0, p_now, p_expires_at, true, p_operation)
    RETURNING id INTO v_lot;
    PERFORM billing_write(p_card, p_version, p_operation, p_document, p_now,
                          ARRAY[v_lot], ARRAY[p_measure], ARRAY[p_amount], ARRAY['corrected']);
END $$;

-- Take back what a line of a correction did. What it took off returns to the lots it was taken from, dated as they were.
-- What it added is taken off its lot, and what was spent of that off whatever lives on the card; what expired unspent is
-- nobody's. Returns what was lacking, by measure; NULL when nothing was.
CREATE FUNCTION billing_uncorrect(
    p_card billing_discountcard, p_version bigint, p_operation bigint, p_document bigint, p_of text, p_measure text,
    p_amount numeric, p_now timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_of bigint := (SELECT o.id FROM billing_billingoperation o WHERE o.uid = p_of);
    v_changes record;
    v_lot billing_lot;
    v_taken numeric;
    v_rest numeric;
BEGIN
    IF p_amount > 0 THEN
        SELECT array_agg(e.lot_id ORDER BY e.id) AS lots, array_agg(e.measure ORDER BY e.id) AS measures,
               array_agg(-e.delta ORDER BY e.id) AS deltas, array_agg('corrected'::text) AS kinds
        INTO v_changes
        FROM billing_ledgerentry e
        WHERE e.operation_id = v_of AND e.kind = 'corrected';
        PERFORM billing_write(p_card.id, p_version, p_operation, p_document, p_now,
                              v_changes.lots, v_changes.measures, v_changes.deltas, v_changes.kinds);
        RETURN NULL;
    END IF;
    SELECT l.* INTO STRICT v_lot FROM billing_lot l WHERE l.operation_id = v_of;
    v_taken := least(-p_amount, v_lot.remaining);
    SELECT -p_amount - v_taken + coalesce(sum(e.delta), 0) INTO v_rest
    FROM billing_ledgerentry e
    WHERE e.lot_id = v_lot.id AND e.kind = 'expired';
    IF v_taken > 0 THEN
        PERFORM billing_write(p_card.id, p_version, p_operation, p_document, p_now,
                              ARRAY[v_lot.id], ARRAY[p_measure], ARRAY[-v_taken], ARRAY['corrected']);
    END IF;
    IF v_rest <= 0 THEN
        RETURN NULL;
    END IF;
    RETURN billing_redeem(p_card, p_version, p_operation, jsonb_build_object(p_measure, v_rest), false, p_now, p_now,
                          'corrected', p_document);
END $$;

-- The last judge. Lines change only while their document is open; what is submitted is approved as it was submitted; what
-- is approved stays; and a correction is posted by whoever approved it, which is neither who wrote nor who submitted it.
CREATE FUNCTION billing_correctionline_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM billing_correctiondocument d
        WHERE d.carddocument_ptr_id = CASE TG_OP WHEN 'DELETE' THEN OLD.document_id ELSE NEW.document_id END
          AND d.stage NOT IN ('written', 'refused')
    ) THEN
        RAISE EXCEPTION 'Lines of a correction change only while it is open.'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'billing_correctionline_of_an_open_document';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER billing_correctionline_kept BEFORE INSERT OR UPDATE OR DELETE ON billing_correctionline
    FOR EACH ROW EXECUTE FUNCTION billing_correctionline_kept();

CREATE FUNCTION billing_correctiondocument_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_free text[] := ARRAY['stage', 'approved_at', 'approved_by_id', 'refused_at', 'refused_by_id', 'refusal'];
BEGIN
    IF TG_OP = 'DELETE' AND OLD.stage IN ('written', 'refused') THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.stage IN ('written', 'refused') AND NEW.stage <> 'approved'
                             OR OLD.stage = 'submitted' AND to_jsonb(NEW) - v_free = to_jsonb(OLD) - v_free) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Correction % is not open.', OLD.carddocument_ptr_id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'billing_correctiondocument_kept';
END $$;
CREATE TRIGGER billing_correctiondocument_kept BEFORE UPDATE OR DELETE ON billing_correctiondocument
    FOR EACH ROW EXECUTE FUNCTION billing_correctiondocument_kept();

CREATE FUNCTION billing_carddocument_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_free text[] := ARRAY['state', 'reversed_at', 'reversed_by_id'];
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.state = 'draft' AND (NEW.state = 'draft' OR NEW.state = 'posted' AND EXISTS (
           SELECT FROM billing_correctiondocument d
           WHERE d.carddocument_ptr_id = NEW.id AND d.stage = 'approved' AND d.approved_by_id = NEW.posted_by_id
       )) OR OLD.state = 'posted' AND NEW.state = 'reversed' AND to_jsonb(NEW) - v_free = to_jsonb(OLD) - v_free) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Correction % is posted by whoever approved it, once.', NEW.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'billing_carddocument_posted_once_approved';
END $$;
CREATE TRIGGER billing_carddocument_approved BEFORE UPDATE ON billing_carddocument
    FOR EACH ROW WHEN (OLD.kind = 'correction') EXECUTE FUNCTION billing_carddocument_approved();
CREATE TRIGGER billing_carddocument_drafted BEFORE INSERT ON billing_carddocument
    FOR EACH ROW WHEN (NEW.kind = 'correction' AND NEW.state <> 'draft') EXECUTE FUNCTION billing_carddocument_approved();
CREATE TRIGGER billing_correction_stays BEFORE DELETE ON billing_carddocument
    FOR EACH ROW WHEN (OLD.kind = 'correction' AND OLD.state <> 'draft') EXECUTE FUNCTION billing_stays();
