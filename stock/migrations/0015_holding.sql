-- How goods are held. Functions and not one statement, because what they decide must be read after the locks are had:
-- each statement inside has a snapshot of its own. Locks, in the global order: the reservation, the warehouse's feed.
-- No plan of theirs may depend on how small the tables were when it was made.

-- What lines of a hold hold, as rows.
CREATE FUNCTION stock_held(lines jsonb) RETURNS TABLE (line bigint, sku_id bigint, quantity numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT key::bigint, (value->>'sku')::bigint, (value->>'quantity')::numeric FROM jsonb_each(lines)
$$;

-- Hold in a warehouse what `after` says instead of what `before` says; or nothing, if it takes more of a SKU than is
-- available: `short` then maps such SKUs to what is. Before it gives up it lets go of forgotten holds of these SKUs, but
-- for the caller's own, and looks again. `available` maps every SKU to what is available afterwards; `moved` says
-- whether registers have something to hear. The caller has locked the reservation that the lines are of.
CREATE FUNCTION stock_hold(
    p_reservation bigint, p_warehouse bigint, p_before jsonb, p_after jsonb,
    OUT short jsonb, OUT available jsonb, OUT moved boolean
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_skus bigint[];
    v_changes numeric[];
    v_count bigint;
    v_base bigint;
    v_swept integer;
BEGIN
    moved := false;
    -- What changes stands first, and takes the next revisions in this order; the rest is only looked at.
    SELECT array_agg(c.sku_id ORDER BY c.change = 0, c.sku_id), array_agg(c.change ORDER BY c.change = 0, c.sku_id),
           count(*) FILTER (WHERE c.change <> 0)
    INTO v_skus, v_changes, v_count
    FROM (
        SELECT h.sku_id, sum(h.quantity) AS change
        FROM (
            SELECT a.sku_id, a.quantity FROM stock_held(p_after) a
            UNION ALL
            SELECT b.sku_id, -b.quantity FROM stock_held(p_before) b
        ) AS h
        GROUP BY h.sku_id
    ) AS c;
    IF v_skus IS NULL THEN
        RETURN;
    END IF;
    LOOP
        UPDATE stock_warehousefeed f
        SET revision = f.revision + v_count
        WHERE f.warehouse_id = p_warehouse
        RETURNING f.revision - v_count INTO STRICT v_base;

        WITH state AS MATERIALIZED (
            SELECT c.sku_id, c.change, v_base + c.step AS revision,
                   coalesce(b.on_hand - b.sold - b.reserved, 0) AS available
            FROM unnest(v_skus, v_changes) WITH ORDINALITY AS c(sku_id, change, step)
            LEFT JOIN stock_balance b ON b.warehouse_id = p_warehouse AND b.sku_id = c.sku_id
        ), balance AS (
            UPDATE stock_balance b
            SET reserved = greatest(b.reserved + s.change, 0), revision = s.revision, sale_revision = s.revision
            FROM state s
            WHERE b.warehouse_id = p_warehouse AND b.sku_id = s.sku_id AND s.change <> 0
              AND NOT EXISTS (SELECT FROM state l WHERE l.change > 0 AND l.change > l.available)
        )
        SELECT jsonb_object_agg(s.sku_id, s.available) FILTER (WHERE s.change > 0 AND s.change > s.available),
               jsonb_object_agg(s.sku_id, s.available - s.change)
        INTO short, available
        FROM state s;
        IF short IS NULL THEN
            moved := moved OR v_count > 0;
            RETURN;
        END IF;

        -- Nobody has seen the revisions that nothing took.
        UPDATE stock_warehousefeed f SET revision = v_base WHERE f.warehouse_id = p_warehouse;
        IF v_swept IS NULL THEN
            v_swept := stock_expire(p_warehouse, p_reservation, ARRAY(SELECT jsonb_object_keys(short)::bigint), 1000);
        ELSE
            v_swept := 0;
        END IF;
        IF v_swept = 0 THEN
            available := NULL;
            RETURN;
        END IF;
        moved := true;
    END LOOP;
END $$;

-- Let go of holds of a warehouse whose time has run out: of those that hold one of the SKUs, if any are named, and at
-- most so many. Waits for none that somebody is at. Returns how many it let go.
CREATE FUNCTION stock_expire(p_warehouse bigint, p_but bigint, p_skus bigint[], p_most integer) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_count integer;
    v_freed jsonb;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT r.id
        FROM stock_reservation r
        WHERE r.warehouse_id = p_warehouse AND r.state = 'open' AND r.expires_at <= clock_timestamp()
          AND r.id IS DISTINCT FROM p_but
          AND (p_skus IS NULL OR EXISTS (SELECT FROM stock_held(r.lines) h WHERE h.sku_id = ANY (p_skus)))
        ORDER BY r.id
        LIMIT p_most
        FOR NO KEY UPDATE SKIP LOCKED
    ), expired AS (
        UPDATE stock_reservation r
        SET state = 'expired', ended_at = clock_timestamp()
        FROM due
        WHERE r.id = due.id
        RETURNING r.id, r.lines
    ), line AS (
        SELECT row_number() OVER () AS line, value FROM expired CROSS JOIN LATERAL jsonb_each(expired.lines)
    )
    SELECT (SELECT count(*) FROM expired), (SELECT jsonb_object_agg(line.line, line.value) FROM line)
    INTO v_count, v_freed;
    IF v_freed IS NOT NULL THEN
        PERFORM stock_hold(NULL, p_warehouse, v_freed, '{}');
    END IF;
    RETURN v_count;
END $$;

-- End one hold as `p_state` if it is open, whatever it holds. Returns its warehouse, or NULL if it was not open any more.
CREATE FUNCTION stock_end_hold(
    p_reservation bigint, p_state text, p_transaction bigint, p_by bigint, p_reason text
) RETURNS bigint LANGUAGE plpgsql
SET lock_timeout = '1s' AS $$
DECLARE
    v_warehouse bigint;
    v_lines jsonb;
BEGIN
    UPDATE stock_reservation r
    SET state = p_state, ended_at = clock_timestamp(), transaction_id = p_transaction, ended_by_id = p_by,
        reason = p_reason
    WHERE r.id = p_reservation AND r.state = 'open'
    RETURNING r.warehouse_id, r.lines INTO v_warehouse, v_lines;
    IF v_lines <> '{}' THEN
        PERFORM stock_hold(NULL, v_warehouse, v_lines, '{}');
    END IF;
    RETURN v_warehouse;
END $$;

-- A receipt has come: end the hold that was for it, a sale's as committed, any other's as released. Of a hold that has
-- ended before, a sale is remembered: it came late. Returns what was held until now; the caller frees it.
CREATE FUNCTION stock_settle(p_reservation bigint, p_kind text, p_transaction bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_lines jsonb;
BEGIN
    UPDATE stock_reservation r
    SET state = CASE p_kind WHEN 'sale' THEN 'committed' ELSE 'released' END, ended_at = clock_timestamp(),
        transaction_id = CASE p_kind WHEN 'sale' THEN p_transaction END
    WHERE r.id = p_reservation AND r.state = 'open'
    RETURNING r.lines INTO v_lines;
    IF v_lines IS NULL AND p_kind = 'sale' THEN
        UPDATE stock_reservation r
        SET transaction_id = p_transaction
        WHERE r.id = p_reservation AND r.state <> 'open' AND r.transaction_id IS NULL;
    END IF;
    RETURN v_lines;
END $$;

-- Who else holds these SKUs in a warehouse: [{"sku", "register" (its number; NULL: an order), "quantity"}].
CREATE FUNCTION stock_holders(p_warehouse bigint, p_but bigint, p_skus bigint[]) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('sku', sku_id, 'register', number, 'quantity', quantity) ORDER BY number, sku_id)
    FROM (
        SELECT h.sku_id, g.number, sum(h.quantity) AS quantity
        FROM stock_reservation r
        CROSS JOIN LATERAL stock_held(r.lines) h
        LEFT JOIN registers_register g ON g.id = r.register_id
        WHERE r.warehouse_id = p_warehouse AND r.state = 'open' AND r.id IS DISTINCT FROM p_but
          AND h.sku_id = ANY (p_skus)
        GROUP BY h.sku_id, g.number
    ) AS held
$$;

-- Give one line of a hold up. Returns its warehouse, or NULL if nothing was held for it (any more).
CREATE FUNCTION stock_give_up(p_reservation bigint, p_line text) RETURNS bigint LANGUAGE plpgsql
SET lock_timeout = '1s' AS $$
DECLARE
    v_hold stock_reservation;
BEGIN
    SELECT r.* INTO v_hold
    FROM stock_reservation r
    WHERE r.id = p_reservation AND r.state = 'open' AND r.lines ? p_line
    FOR NO KEY UPDATE;
    IF FOUND THEN
        PERFORM stock_hold(v_hold.id, v_hold.warehouse_id, v_hold.lines, v_hold.lines - p_line);
        UPDATE stock_reservation r
        SET lines = r.lines - p_line, changed_at = clock_timestamp()
        WHERE r.id = p_reservation;
    END IF;
    RETURN v_hold.warehouse_id;
END $$;

-- Answer a cashier: may these lines be sold? All of them are held, or none and nothing has changed. The register is
-- named by its id, or by the digest of its token if that is in use; of any other token NULL is returned. `p_lines` is
-- [{"line", "sku" (code), "barcode", "quantity"}]; 0 gives a line up. With `p_whole` they are the whole receipt, and
-- lines that it does not name are given up. Returns
--     {"granted": false, "refused": code}, when nothing of this receipt is held here; or
--     {"granted", "register", "number", "warehouse", "moved", "expires_at",
--      "lines": [{"line", "sku_id", "sku", "name", "quantity", "problem"}], "available": {sku_id: quantity}},
-- and when it is not granted for want of goods, for the SKUs that lack,
--     {"short": {sku_id: available}, "own": {sku_id: held by this receipt}, "holders": […]}.
CREATE FUNCTION stock_reserve(
    p_register bigint, p_digest text, p_receipt_uid text, p_lines json, p_whole boolean
) RETURNS json
LANGUAGE plpgsql
SET lock_timeout = '1s'
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_asker record;
    v_asked record;
    v_hold stock_reservation;
    v_id bigint;
    v_before jsonb := '{}';
    v_after jsonb;
    v_until timestamptz;
    v_short jsonb;
    v_available jsonb;
    v_moved boolean := false;
BEGIN
    SELECT r.id, r.number, r.warehouse_id, r.stock_control, w.retail_price_type_id AS price_type_id,
           coalesce(r.reservation_minutes, c.reservation_minutes) AS minutes,
           EXISTS (SELECT FROM registers_receipt f WHERE f.register_id = r.id AND f.uid = p_receipt_uid) AS has_come
    INTO v_asker
    FROM registers_register r
    JOIN retail_warehouse w ON w.id = r.warehouse_id
    CROSS JOIN retail_constants c
    WHERE r.id = coalesce(p_register, (
              SELECT t.register_id FROM registers_registertoken t
              WHERE t.digest = p_digest AND t.revoked_at IS NULL AND t.first_used_at IS NOT NULL
          ))
      AND (r.active OR p_register IS NOT NULL);
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF v_asker.stock_control <> 'external' THEN
        RETURN json_build_object('granted', false, 'refused', 'stock_control_not_external');
    ELSIF v_asker.has_come THEN
        RETURN json_build_object('granted', false, 'refused', 'receipt_closed');
    END IF;
    v_until := v_now + v_asker.minutes * interval '1 minute';

    SELECT coalesce(jsonb_object_agg(a.line, jsonb_build_object('sku', a.sku_id, 'quantity', a.quantity::text))
                        FILTER (WHERE a.kind = 'goods' AND a.quantity > 0), '{}') AS held,
           array_agg(a.line::text) AS lines,
           json_agg(json_build_object(
               'line', a.line, 'sku_id', a.sku_id, 'sku', coalesce(a.code, a.said), 'name', coalesce(a.name, ''),
               'quantity', a.quantity, 'problem', a.problem
           ) ORDER BY a.line) AS told,
           bool_or(a.problem IS NOT NULL) AS troubled
    INTO v_asked
    FROM (
        SELECT l.line, l.quantity::numeric(15, 3) AS quantity, coalesce(nullif(l.sku, ''), l.barcode) AS said,
               s.id AS sku_id, s.code, s.name, i.kind,
               CASE WHEN l.quantity = 0 THEN NULL
                    WHEN s.id IS NULL THEN 'unknown_sku'
                    WHEN s.withdrawn OR i.withdrawn THEN 'withdrawn'
                    WHEN coalesce((
                        SELECT p.amount FROM retail_price p
                        WHERE p.sku_id = s.id AND p.price_type_id = v_asker.price_type_id AND p.valid_from <= v_now
                        ORDER BY p.valid_from DESC
                        LIMIT 1
                    ), 0) = 0 THEN 'not_for_sale' END AS problem
        FROM json_to_recordset(p_lines) AS l(line bigint, sku text, barcode text, quantity numeric)
        LEFT JOIN LATERAL (
            -- The code decides; a barcode where no SKU has the code.
            SELECT k.id, k.code, k.name, k.withdrawn, k.item_id FROM retail_sku k WHERE k.code = l.sku
            UNION ALL
            SELECT k.id, k.code, k.name, k.withdrawn, k.item_id
            FROM retail_barcode b JOIN retail_sku k ON k.id = b.sku_id WHERE b.value = l.barcode
            LIMIT 1
        ) AS s ON true
        LEFT JOIN retail_item i ON i.id = s.item_id
        OFFSET 0
    ) AS a;
    v_after := coalesce(v_asked.held, '{}');

    INSERT INTO stock_reservation (
        register_id, warehouse_id, receipt_uid, state, lines, placed_at, changed_at, expires_at, reason
    )
    VALUES (v_asker.id, v_asker.warehouse_id, p_receipt_uid, 'open', v_after, v_now, v_now, v_until, '')
    ON CONFLICT (register_id, receipt_uid) DO NOTHING
    RETURNING id INTO v_id;
    IF v_id IS NULL THEN
        SELECT r.* INTO STRICT v_hold
        FROM stock_reservation r
        WHERE r.register_id = v_asker.id AND r.receipt_uid = p_receipt_uid
        FOR NO KEY UPDATE;
        IF v_hold.transaction_id IS NOT NULL OR v_hold.state = 'committed' THEN
            RETURN json_build_object('granted', false, 'refused', 'receipt_closed');
        END IF;
        IF v_hold.state = 'open' THEN
            -- It stays where it began, should the register have moved since.
            v_asker.warehouse_id := v_hold.warehouse_id;
            v_before := v_hold.lines;
            IF NOT p_whole THEN
                v_after := (v_before - v_asked.lines) || v_after;
            END IF;
        END IF;
    END IF;

    IF v_asked.troubled THEN
        -- Who has it already may keep it, or a part of it.
        SELECT json_agg(t.told ORDER BY t.place) INTO v_asked.told
        FROM (
            SELECT e.place, e.told - 'problem' || jsonb_build_object('problem', CASE
                       WHEN (e.told->>'quantity')::numeric <= (
                           SELECT h.quantity FROM stock_held(v_before) h
                           WHERE h.line = (e.told->>'line')::bigint AND h.sku_id = (e.told->>'sku_id')::bigint
                       ) THEN NULL ELSE e.told->>'problem' END) AS told
            FROM jsonb_array_elements(v_asked.told::jsonb) WITH ORDINALITY AS e(told, place)
        ) AS t;
        v_asked.troubled := EXISTS (
            SELECT FROM json_array_elements(v_asked.told) AS t WHERE t->>'problem' IS NOT NULL
        );
    END IF;

    IF NOT coalesce(v_asked.troubled, false) THEN
        SELECT s.short, s.available, s.moved INTO v_short, v_available, v_moved
        FROM stock_hold(coalesce(v_id, v_hold.id), v_asker.warehouse_id, v_before, v_after) s;
        IF v_short IS NULL THEN
            IF v_id IS NULL THEN
                UPDATE stock_reservation r
                SET state = 'open', lines = v_after, warehouse_id = v_asker.warehouse_id, changed_at = v_now,
                    placed_at = CASE v_hold.state WHEN 'open' THEN r.placed_at ELSE v_now END,
                    expires_at = v_until, ended_at = NULL, ended_by_id = NULL, reason = ''
                WHERE r.id = v_hold.id;
            END IF;
            RETURN json_build_object(
                'granted', true, 'register', v_asker.id, 'number', v_asker.number, 'warehouse', v_asker.warehouse_id,
                'moved', v_moved, 'expires_at', v_until, 'available', coalesce(v_available, '{}'),
                'lines', coalesce(v_asked.told, '[]')
            );
        END IF;
    END IF;

    -- Refused: all is as it was, but for the time of a hold that was there.
    IF v_id IS NOT NULL THEN
        DELETE FROM stock_reservation r WHERE r.id = v_id;
    ELSIF v_hold.state = 'open' THEN
        UPDATE stock_reservation r SET changed_at = v_now, expires_at = v_until WHERE r.id = v_hold.id;
    END IF;
    RETURN json_build_object(
        'granted', false, 'warehouse', v_asker.warehouse_id, 'moved', v_moved, 'lines', v_asked.told,
        'short', v_short, 'own', (
            SELECT jsonb_object_agg(o.sku_id, o.quantity)
            FROM (SELECT h.sku_id, sum(h.quantity) AS quantity FROM stock_held(v_before) h GROUP BY h.sku_id) AS o
        ),
        'holders', stock_holders(
            v_asker.warehouse_id, coalesce(v_id, v_hold.id), ARRAY(SELECT jsonb_object_keys(v_short)::bigint)
        )
    );
END $$;

-- A hold changes with every line of its receipt: its row keeps room beside it.
ALTER TABLE stock_reservation SET (fillfactor = 70);
