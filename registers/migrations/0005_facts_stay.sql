-- Facts are never deleted, and neither is what they point at. A parent asks here before it goes, which is rare, so that a
-- child need not lock its parent when it comes, which is every line sold.
CREATE FUNCTION registers_fact_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What registers reported is never deleted (%)', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
END $$;
CREATE TRIGGER registers_kkmtransaction_stays BEFORE DELETE ON registers_kkmtransaction
    FOR EACH ROW EXECUTE FUNCTION registers_fact_stays();
CREATE TRIGGER registers_shift_stays BEFORE DELETE ON registers_shift
    FOR EACH ROW EXECUTE FUNCTION registers_fact_stays();
CREATE TRIGGER registers_receipt_stays BEFORE DELETE ON registers_receipt
    FOR EACH ROW EXECUTE FUNCTION registers_fact_stays();
CREATE TRIGGER registers_receiptline_stays BEFORE DELETE ON registers_receiptline
    FOR EACH ROW EXECUTE FUNCTION registers_fact_stays();
CREATE TRIGGER registers_payment_stays BEFORE DELETE ON registers_payment
    FOR EACH ROW EXECUTE FUNCTION registers_fact_stays();

CREATE FUNCTION registers_sold_sku_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM registers_receiptline WHERE sku_id = OLD.id) THEN
        RAISE EXCEPTION 'SKU % has been sold and stays', OLD.code USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER registers_sold_sku_stays BEFORE DELETE ON retail_sku
    FOR EACH ROW EXECUTE FUNCTION registers_sold_sku_stays();

CREATE FUNCTION registers_selling_warehouse_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM registers_receipt WHERE warehouse_id = OLD.id) THEN
        RAISE EXCEPTION 'Receipts were sold from warehouse %, and it stays', OLD.name
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER registers_selling_warehouse_stays BEFORE DELETE ON retail_warehouse
    FOR EACH ROW EXECUTE FUNCTION registers_selling_warehouse_stays();
