-- The catalogue feed. Whatever changes what a register is told about a SKU (its item, variant, pack, unit, VAT rate,
-- barcodes, prices) stamps the SKU with the next revisions, under the lock of the one row of retail_catalogue, and
-- keeps its full name. Statement-level triggers with transition tables: one call for an import's whole batch.

CREATE FUNCTION retail_stamp_skus(touched bigint[], even_withdrawn boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    base bigint;
    stamped bigint;
BEGIN
    IF touched IS NULL OR cardinality(touched) = 0 THEN
        RETURN;
    END IF;
    SELECT revision INTO base FROM retail_catalogue WHERE id = 1 FOR NO KEY UPDATE;
    WITH described AS (
        SELECT s.id,
               left(i.name || coalesce(', ' || c.name, '') || coalesce(' (' || p.name || ')', ''), 400) AS name,
               even_withdrawn OR NOT (s.withdrawn OR i.withdrawn) AS told
        FROM retail_sku s
        JOIN retail_item i ON i.id = s.item_id
        LEFT JOIN retail_characteristic c ON c.id = s.characteristic_id
        LEFT JOIN retail_pack p ON p.id = s.pack_id
        WHERE s.id = ANY (touched)
    ), numbered AS (
        SELECT id, name, told, count(*) FILTER (WHERE told) OVER (ORDER BY id) AS step FROM described
    ), updated AS (
        UPDATE retail_sku s
        SET name = n.name,
            revision = CASE WHEN n.told THEN base + n.step ELSE s.revision END
        FROM numbered n
        WHERE s.id = n.id AND (n.told OR s.name <> n.name)
        RETURNING n.told
    )
    SELECT count(*) FILTER (WHERE told) INTO stamped FROM updated;
    UPDATE retail_catalogue SET revision = base + stamped WHERE id = 1;
END $$;

CREATE FUNCTION retail_sku_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((SELECT array_agg(id) FROM new_rows), true);
    RETURN NULL;
END $$;
CREATE TRIGGER retail_sku_inserted AFTER INSERT ON retail_sku
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_sku_inserted();

CREATE FUNCTION retail_sku_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((
        SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id) WHERE n.withdrawn <> o.withdrawn
    ), true);
    PERFORM retail_stamp_skus((
        SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
        WHERE n.withdrawn = o.withdrawn
          AND (n.code, n.item_id, n.characteristic_id, n.pack_id, n.plu)
              IS DISTINCT FROM (o.code, o.item_id, o.characteristic_id, o.pack_id, o.plu)
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_sku_updated AFTER UPDATE ON retail_sku
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_sku_updated();

CREATE FUNCTION retail_item_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((
        SELECT array_agg(s.id) FROM new_rows n JOIN old_rows o USING (id) JOIN retail_sku s ON s.item_id = n.id
        WHERE n.withdrawn <> o.withdrawn
    ), true);
    PERFORM retail_stamp_skus((
        SELECT array_agg(s.id) FROM new_rows n JOIN old_rows o USING (id) JOIN retail_sku s ON s.item_id = n.id
        WHERE n.withdrawn = o.withdrawn
          AND (n.name, n.full_name, n.article, n.kind, n.group_id, n.unit_id, n.vat_rate_id, n.weighed, n.marking)
              IS DISTINCT FROM
              (o.name, o.full_name, o.article, o.kind, o.group_id, o.unit_id, o.vat_rate_id, o.weighed, o.marking)
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_item_updated AFTER UPDATE ON retail_item
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_item_updated();

CREATE FUNCTION retail_characteristic_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((
        SELECT array_agg(s.id) FROM new_rows n JOIN retail_sku s ON s.characteristic_id = n.id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_characteristic_updated AFTER UPDATE ON retail_characteristic
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_characteristic_updated();

CREATE FUNCTION retail_pack_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((SELECT array_agg(s.id) FROM new_rows n JOIN retail_sku s ON s.pack_id = n.id));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_pack_updated AFTER UPDATE ON retail_pack
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_pack_updated();

CREATE FUNCTION retail_unit_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((
        SELECT array_agg(s.id) FROM new_rows n
        JOIN retail_item i ON i.unit_id = n.id JOIN retail_sku s ON s.item_id = i.id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_unit_updated AFTER UPDATE ON retail_unit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_unit_updated();

CREATE FUNCTION retail_vatrate_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((
        SELECT array_agg(s.id) FROM new_rows n
        JOIN retail_item i ON i.vat_rate_id = n.id JOIN retail_sku s ON s.item_id = i.id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_vatrate_updated AFTER UPDATE ON retail_vatrate
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_vatrate_updated();

-- Barcodes and prices belong to a SKU directly: the same three triggers on both.
CREATE FUNCTION retail_part_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((SELECT array_agg(DISTINCT sku_id) FROM new_rows));
    RETURN NULL;
END $$;
CREATE FUNCTION retail_part_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((
        SELECT array_agg(sku_id) FROM (SELECT sku_id FROM new_rows UNION SELECT sku_id FROM old_rows) AS touched
    ));
    RETURN NULL;
END $$;
CREATE FUNCTION retail_part_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_skus((SELECT array_agg(DISTINCT sku_id) FROM old_rows));
    RETURN NULL;
END $$;

CREATE TRIGGER retail_barcode_inserted AFTER INSERT ON retail_barcode
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_part_inserted();
CREATE TRIGGER retail_barcode_updated AFTER UPDATE ON retail_barcode
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_part_updated();
CREATE TRIGGER retail_barcode_deleted AFTER DELETE ON retail_barcode
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_part_deleted();

CREATE TRIGGER retail_price_inserted AFTER INSERT ON retail_price
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_part_inserted();
CREATE TRIGGER retail_price_updated AFTER UPDATE ON retail_price
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_part_updated();
CREATE TRIGGER retail_price_deleted AFTER DELETE ON retail_price
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_part_deleted();

-- Groups ride in the same feed with revisions of the same counter.
CREATE FUNCTION retail_stamp_groups(touched bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    base bigint;
    stamped bigint;
BEGIN
    IF touched IS NULL OR cardinality(touched) = 0 THEN
        RETURN;
    END IF;
    SELECT revision INTO base FROM retail_catalogue WHERE id = 1 FOR NO KEY UPDATE;
    WITH numbered AS (
        SELECT id, row_number() OVER (ORDER BY id) AS step FROM retail_itemgroup WHERE id = ANY (touched)
    )
    UPDATE retail_itemgroup g SET revision = base + n.step FROM numbered n WHERE g.id = n.id;
    GET DIAGNOSTICS stamped = ROW_COUNT;
    UPDATE retail_catalogue SET revision = base + stamped WHERE id = 1;
END $$;

CREATE FUNCTION retail_itemgroup_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_groups((SELECT array_agg(id) FROM new_rows));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_itemgroup_inserted AFTER INSERT ON retail_itemgroup
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION retail_itemgroup_inserted();

CREATE FUNCTION retail_itemgroup_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM retail_stamp_groups((
        SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
        WHERE (n.name, n.parent_id) IS DISTINCT FROM (o.name, o.parent_id)
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER retail_itemgroup_updated AFTER UPDATE ON retail_itemgroup
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_itemgroup_updated();

CREATE SEQUENCE retail_sku_code START 10001;
