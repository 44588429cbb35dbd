-- What came is what came: a person who mends a transaction writes beside it, and never over it. Keys that could not be
-- read may be filled in once. What a person did is kept as it was done.
CREATE FUNCTION registers_kkmtransaction_as_it_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.raw IS DISTINCT FROM OLD.raw OR NEW.body_hash IS DISTINCT FROM OLD.body_hash
       OR NEW.register_id <> OLD.register_id OR NEW.protocol <> OLD.protocol OR NEW.received_at <> OLD.received_at
       OR NEW.number <> OLD.number OR NEW.occurred_at <> OLD.occurred_at OR NEW.uid IS DISTINCT FROM OLD.uid THEN
        RAISE EXCEPTION 'Transaction % stays as it came: write a correction beside it.', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registers_kkmtransaction_stays_as_it_came';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER registers_kkmtransaction_as_it_came BEFORE UPDATE ON registers_kkmtransaction
    FOR EACH ROW EXECUTE FUNCTION registers_kkmtransaction_as_it_came();

CREATE FUNCTION registers_transactionconflict_as_it_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.settled_at IS NOT NULL OR NEW.transaction_id <> OLD.transaction_id
       OR NEW.raw IS DISTINCT FROM OLD.raw OR NEW.body_hash IS DISTINCT FROM OLD.body_hash THEN
        RAISE EXCEPTION 'Conflict % stays as it came, and is settled once.', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registers_transactionconflict_stays_as_it_came';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER registers_transactionconflict_as_it_came BEFORE UPDATE OR DELETE ON registers_transactionconflict
    FOR EACH ROW EXECUTE FUNCTION registers_transactionconflict_as_it_came();

CREATE FUNCTION registers_transactiondeed_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Deed % of the error desk is never edited or deleted.', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registers_transactiondeed_only_grows';
END $$;
CREATE TRIGGER registers_transactiondeed_kept BEFORE UPDATE OR DELETE ON registers_transactiondeed
    FOR EACH ROW EXECUTE FUNCTION registers_transactiondeed_kept();
