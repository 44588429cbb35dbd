-- When a SKU last came under another item, group, kind, marking or rate of VAT: what filters of registers choose by. Who
-- follows the catalogue from an earlier revision may have known a SKU that its filter shuts out now; from a later one not.

CREATE FUNCTION retail_skus_moved(touched bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    base bigint;
BEGIN
    IF touched IS NULL OR cardinality(touched) = 0 THEN
        RETURN;
    END IF;
    SELECT revision INTO base FROM retail_catalogue WHERE id = 1 FOR NO KEY UPDATE;
    -- Nobody has read as far as this: the same edit stamps the SKUs next, from here on.
    INSERT INTO retail_skumove (sku_id, revision)
    SELECT DISTINCT id, base + 1 FROM unnest(touched) AS id
    ON CONFLICT (sku_id) DO UPDATE SET revision = EXCLUDED.revision;
END $$;

CREATE FUNCTION retail_item_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_skus_moved((
        SELECT array_agg(s.id) FROM new_rows n JOIN old_rows o USING (id) JOIN retail_sku s ON s.item_id = n.id
        WHERE (n.group_id, n.kind, n.marking, n.vat_rate_id) IS DISTINCT FROM (o.group_id, o.kind, o.marking, o.vat_rate_id)
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_item_moved AFTER UPDATE ON retail_item
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_item_moved();

CREATE FUNCTION retail_sku_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_skus_moved((
        SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id) WHERE n.item_id <> o.item_id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_sku_moved AFTER UPDATE ON retail_sku
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_sku_moved();

CREATE FUNCTION retail_vatrate_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_skus_moved((
        SELECT array_agg(s.id) FROM new_rows n JOIN old_rows o USING (id)
        JOIN retail_item i ON i.vat_rate_id = n.id JOIN retail_sku s ON s.item_id = i.id
        WHERE n.code <> o.code
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_vatrate_moved AFTER UPDATE ON retail_vatrate
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_vatrate_moved();

-- Of what stands now nobody knows when it came there: whoever follows the catalogue is told as before, once.
INSERT INTO retail_skumove (sku_id, revision)
SELECT s.id, c.revision + 1 FROM retail_sku s CROSS JOIN retail_catalogue c;
