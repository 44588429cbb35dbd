-- What customer orders do inside the database. Locks, in the global order: the order's document, the feeds of the
-- registers that hear of it, in order of pk, its reservation, the warehouse's feed.

-- A sold order is kept as every posted document is, and never reversed: what comes back is a return.
CREATE TRIGGER stock_customerorder_kept BEFORE UPDATE OR DELETE ON stock_customerorder
    FOR EACH ROW EXECUTE FUNCTION stock_header_kept();
ALTER TABLE stock_stockdocument ADD CONSTRAINT stock_stockdocument_orders_are_not_reversed
    CHECK (kind <> 'customer_order' OR state <> 'reversed') NOT VALID;

-- Put an order into the feed of the register that delivers it, as it now is, and out of those of all others that know
-- it. To be called after whatever changes what a courier should know, by whoever has locked the order's document.
CREATE FUNCTION stock_hand_out(p_order bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_courier bigint;
    v_register bigint;
    v_revision bigint;
BEGIN
    SELECT o.courier_id INTO v_courier
    FROM stock_customerorder o
    WHERE o.stockdocument_ptr_id = p_order AND o.status = 'agreed' AND o.receipt_id IS NULL;
    FOR v_register IN
        SELECT h.register_id FROM stock_orderhandout h WHERE h.order_id = p_order AND h.live
        UNION
        SELECT v_courier WHERE v_courier IS NOT NULL
        ORDER BY 1
    LOOP
        INSERT INTO stock_orderfeed AS f (register_id, revision) VALUES (v_register, 1)
        ON CONFLICT (register_id) DO UPDATE SET revision = f.revision + 1
        RETURNING f.revision INTO v_revision;
        INSERT INTO stock_orderhandout AS h (order_id, register_id, revision, live)
        VALUES (p_order, v_register, v_revision, v_register IS NOT DISTINCT FROM v_courier)
        ON CONFLICT (order_id, register_id) DO UPDATE
        SET revision = excluded.revision, live = excluded.live,
            told_at = CASE WHEN NOT excluded.live THEN h.told_at END;
    END LOOP;
END $$;

-- A sale that names an order has come: the order is sold by it, unless it was sold before, and what it holds is
-- committed. `p_order` is its id for registers, or the number of an unsold order that this very register delivers; of
-- any other nothing is known, and nothing happens. Returns what was held in the warehouse that the sale is of; the
-- caller frees it. What an order holds elsewhere is left to the sweep, since no second warehouse may be locked here.
CREATE FUNCTION stock_sell_order(
    p_order text, p_register bigint, p_warehouse bigint, p_transaction bigint, p_at timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_order bigint;
    v_hold bigint;
BEGIN
    SELECT o.stockdocument_ptr_id INTO v_order FROM stock_customerorder o WHERE o.uid = p_order;
    IF v_order IS NULL THEN
        SELECT d.id INTO v_order
        FROM stock_customerorder o
        JOIN stock_stockdocument d ON d.id = o.stockdocument_ptr_id
        WHERE o.courier_id = p_register AND o.receipt_id IS NULL AND d.number = p_order
        ORDER BY d.date DESC
        LIMIT 1;
    END IF;
    IF v_order IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM stock_stockdocument d WHERE d.id = v_order FOR UPDATE;
    UPDATE stock_customerorder o
    SET receipt_id = p_transaction
    WHERE o.stockdocument_ptr_id = v_order AND o.receipt_id IS NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE stock_stockdocument d SET state = 'posted', posted_at = p_at WHERE d.id = v_order;
    INSERT INTO stock_orderevent (order_id, at, deed, register_id, reason) VALUES (v_order, p_at, 'sold', p_register, '');
    PERFORM stock_hand_out(v_order);
    SELECT r.id INTO v_hold
    FROM stock_reservation r
    WHERE r.order_id = v_order AND (r.state <> 'open' OR r.warehouse_id = p_warehouse)
    ORDER BY r.state = 'open' DESC, r.id DESC
    LIMIT 1;
    RETURN stock_settle(v_hold, 'sale', p_transaction);
END $$;

-- The life of an order only grows; it goes with an order that was never agreed.
CREATE FUNCTION stock_orderevent_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What happened to an order (%) is never edited.', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stock_orderevent_only_grows';
END $$;
CREATE TRIGGER stock_orderevent_kept BEFORE UPDATE ON stock_orderevent
    FOR EACH ROW EXECUTE FUNCTION stock_orderevent_kept();
