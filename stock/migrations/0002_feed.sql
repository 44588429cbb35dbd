-- Every warehouse has its feed row from birth, whichever way it was made.
CREATE FUNCTION stock_warehouse_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_warehousefeed (warehouse_id, revision, epoch)
    SELECT id, 0, substr(md5(gen_random_uuid()::text), 1, 12) FROM new_rows
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_warehouse_inserted AFTER INSERT ON retail_warehouse
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION stock_warehouse_inserted();

-- Hot rows keep room beside them, so that an update stays on its page.
ALTER TABLE stock_warehousefeed SET (fillfactor = 10);
ALTER TABLE stock_balance SET (fillfactor = 80);
ALTER TABLE registers_shift SET (fillfactor = 50);
ALTER TABLE registers_registerstatus SET (fillfactor = 50);
