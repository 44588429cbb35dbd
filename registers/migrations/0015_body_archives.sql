-- What came is what came, as before. One thing more may happen to it: its bytes go into the archive of its month, when
-- that is complete and whoever empties the journal names it (prilavok.archive). The keys and the hash stay for ever.
CREATE OR REPLACE FUNCTION registers_kkmtransaction_as_it_came() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    archived boolean := false;
BEGIN
    IF NEW.raw IS DISTINCT FROM OLD.raw AND NEW.raw = '' AND OLD.state IN ('accepted', 'mended') THEN
        archived := EXISTS (
            SELECT FROM registers_bodyarchive a
            WHERE a.id = nullif(current_setting('prilavok.archive', true), '')::bigint
              AND a.month = date_trunc('month', OLD.received_at AT TIME ZONE 'UTC')::date
        );
    END IF;
    IF NEW.raw IS DISTINCT FROM OLD.raw AND NOT archived OR NEW.body_hash IS DISTINCT FROM OLD.body_hash
       OR NEW.register_id <> OLD.register_id OR NEW.protocol <> OLD.protocol OR NEW.received_at <> OLD.received_at
       OR NEW.number <> OLD.number OR NEW.occurred_at <> OLD.occurred_at OR NEW.uid IS DISTINCT FROM OLD.uid THEN
        RAISE EXCEPTION 'Transaction % stays as it came: write a correction beside it.', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registers_kkmtransaction_stays_as_it_came';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER registers_bodyarchive_stays BEFORE DELETE ON registers_bodyarchive
    FOR EACH ROW EXECUTE FUNCTION registers_fact_stays();
