-- The last judge of the ledger: entries only grow, an operation stays as it was recorded, a lot keeps what it is, and
-- nothing of them is deleted. Each refusal carries a name, as constraints do.

CREATE FUNCTION billing_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is never deleted.', OLD.id, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_stays';
END $$;
CREATE TRIGGER billing_billingoperation_stays BEFORE DELETE ON billing_billingoperation
    FOR EACH ROW EXECUTE FUNCTION billing_stays();
CREATE TRIGGER billing_lot_stays BEFORE DELETE ON billing_lot FOR EACH ROW EXECUTE FUNCTION billing_stays();
CREATE TRIGGER billing_discountcard_stays BEFORE DELETE ON billing_discountcard
    FOR EACH ROW EXECUTE FUNCTION billing_stays();

CREATE FUNCTION billing_ledgerentry_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Entry % is never edited or deleted: correct it by an opposite one.', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'billing_ledgerentry_only_grows';
END $$;
CREATE TRIGGER billing_ledgerentry_kept BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_ledgerentry_kept();

-- The receipt of an operation may be told later than the operation, once.
CREATE FUNCTION billing_billingoperation_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_free text[] := CASE WHEN OLD.receipt_uid = '' THEN ARRAY['receipt_uid'] ELSE '{}' END;
BEGIN
    IF to_jsonb(NEW) - v_free <> to_jsonb(OLD) - v_free THEN
        RAISE EXCEPTION 'Operation % stays as it was recorded.', OLD.uid
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'billing_billingoperation_stays_as_recorded';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_billingoperation_kept BEFORE UPDATE ON billing_billingoperation
    FOR EACH ROW EXECUTE FUNCTION billing_billingoperation_kept();

-- A lot is spent, begins, and moves with its card to the one that replaces it; its size and its life stay.
CREATE FUNCTION billing_lot_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Lot % keeps its amount and its life.', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'billing_lot_keeps_its_life';
END $$;
CREATE TRIGGER billing_lot_kept BEFORE UPDATE ON billing_lot
    FOR EACH ROW WHEN (
        NEW.amount <> OLD.amount OR NEW.measure <> OLD.measure OR NEW.operation_id <> OLD.operation_id
        OR NEW.active_from <> OLD.active_from OR NEW.expires_at IS DISTINCT FROM OLD.expires_at
        OR OLD.activated AND NOT NEW.activated
    ) EXECUTE FUNCTION billing_lot_kept();

-- Rows that change with every purchase keep room beside them.
ALTER TABLE billing_discountcard SET (fillfactor = 85);
ALTER TABLE billing_lot SET (fillfactor = 85);

SELECT retail_keep_history('billing_cardkind', '{"model": "billing.cardkind", "label": ["name"]}');
SELECT retail_keep_history('billing_discountthreshold', '{"model": "billing.discountthreshold",
    "label": ["measure", "reached"], "page": "billing.cardkind", "page_id": "kind_id"}');
SELECT retail_keep_history('billing_bonusliferule', '{"model": "billing.bonusliferule", "label": ["name"]}');
SELECT retail_keep_history('billing_promotion', '{"model": "billing.promotion", "label": ["code", "name"]}');
