-- What is in no document yet, and which shifts are to be settled. What registers told before this release is in none.
INSERT INTO stock_unpostedreceipt (shift_id, receipt_id, warehouse_id)
SELECT shift_id, transaction_id, warehouse_id FROM registers_receipt WHERE kind IN ('sale', 'return');
INSERT INTO stock_unsettledshift (shift_id) SELECT id FROM registers_shift WHERE closed_at IS NOT NULL;

-- A shift that closes, or that changes after it closed, is to be settled. Whoever writes a shift has it locked, and so
-- has who settles it: a row taken away there is never missed here.
CREATE FUNCTION stock_shift_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_unsettledshift (shift_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_shift_closed AFTER INSERT OR UPDATE ON registers_shift
    FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL) EXECUTE FUNCTION stock_shift_closed();

-- Documents of sales are kept as the others are, and never reversed.
CREATE TRIGGER stock_currentsales_kept BEFORE UPDATE OR DELETE ON stock_currentsales
    FOR EACH ROW EXECUTE FUNCTION stock_header_kept();
CREATE TRIGGER stock_zreport_kept BEFORE UPDATE OR DELETE ON stock_zreport
    FOR EACH ROW EXECUTE FUNCTION stock_header_kept();
ALTER TABLE stock_stockdocument ADD CONSTRAINT stock_stockdocument_sales_are_not_reversed
    CHECK (kind NOT IN ('current_sales', 'z_report') OR state <> 'reversed') NOT VALID;

-- Their parts, asked after once for a statement: a Z-report has as many lines as a shop has goods.
CREATE FUNCTION stock_sales_part_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'stock_salesline' THEN
        PERFORM stock_require_draft(
            (SELECT array_agg(DISTINCT document_id) FROM changed), 'stock_salesline_kept_once_posted'
        );
    ELSE
        PERFORM stock_require_draft(
            (SELECT array_agg(DISTINCT report_id) FROM changed), 'stock_zreporttotal_kept_once_posted'
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_salesline_kept_insert AFTER INSERT ON stock_salesline
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_sales_part_kept();
CREATE TRIGGER stock_salesline_kept_update AFTER UPDATE ON stock_salesline
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_sales_part_kept();
CREATE TRIGGER stock_salesline_kept_delete AFTER DELETE ON stock_salesline
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_sales_part_kept();
CREATE TRIGGER stock_zreporttotal_kept_insert AFTER INSERT ON stock_zreporttotal
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_sales_part_kept();
CREATE TRIGGER stock_zreporttotal_kept_update AFTER UPDATE ON stock_zreporttotal
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_sales_part_kept();
CREATE TRIGGER stock_zreporttotal_kept_delete AFTER DELETE ON stock_zreporttotal
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_sales_part_kept();

-- A receipt is posted once, and stays so; a mended line likewise.
CREATE FUNCTION stock_posting_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was posted stays posted (%).', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_kept_once_posted';
END $$;
CREATE TRIGGER stock_receiptposting_kept BEFORE UPDATE OR DELETE ON stock_receiptposting
    FOR EACH ROW EXECUTE FUNCTION stock_posting_kept();
CREATE TRIGGER stock_mendedline_kept BEFORE UPDATE OR DELETE ON stock_mendedline
    FOR EACH ROW WHEN (OLD.document_id IS NOT NULL) EXECUTE FUNCTION stock_posting_kept();
