-- What is told of owners in the history of edits: that something was changed, and never from what to what.
SELECT retail_keep_history('billing_cardowner', '{
    "model": "billing.cardowner", "secret": ["name", "phone"], "silent": ["phone_key"]}');

-- What was erased on request stays erased, and so does who erased it and by which request.
CREATE FUNCTION billing_cardowner_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The data of owner % was erased on request.', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'billing_cardowner_stays_erased';
END $$;
CREATE TRIGGER billing_cardowner_erased BEFORE UPDATE OR DELETE ON billing_cardowner
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION billing_cardowner_erased();
