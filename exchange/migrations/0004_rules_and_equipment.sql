-- Exchange rules stamp themselves. A rule's revision comes of one sequence for all rules, so a revision names a rule as
-- it was; whatever changes what a rule lets through gives it the next one, whichever way it is edited.

CREATE SEQUENCE exchange_rule_revision;

CREATE FUNCTION exchange_rule_stamped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT'
       OR to_jsonb(NEW) - '{name,revision}'::text[] <> to_jsonb(OLD) - '{name,revision}'::text[]
       OR NEW.revision > OLD.revision
    THEN
        NEW.revision := nextval('exchange_rule_revision');
    ELSE
        NEW.revision := OLD.revision;  -- A form saves the revision it once read.
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exchange_rule_stamped BEFORE INSERT OR UPDATE ON exchange_exchangerule
    FOR EACH ROW EXECUTE FUNCTION exchange_rule_stamped();

CREATE FUNCTION exchange_stamp_rules(touched bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE exchange_exchangerule SET revision = revision + 1 WHERE id = ANY (touched)
$$;

-- The parts of a rule: groups, SKUs, substitutes for rates of VAT.
CREATE FUNCTION exchange_rule_part_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM exchange_stamp_rules((SELECT array_agg(DISTINCT rule_id) FROM new_rows));
    RETURN NULL;
END $$;
CREATE FUNCTION exchange_rule_part_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM exchange_stamp_rules((
        SELECT array_agg(rule_id) FROM (
            (SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows)
            UNION ALL
            (SELECT * FROM old_rows EXCEPT SELECT * FROM new_rows)
        ) AS touched
    ));
    RETURN NULL;
END $$;
CREATE FUNCTION exchange_rule_part_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM exchange_stamp_rules((SELECT array_agg(DISTINCT rule_id) FROM old_rows));
    RETURN NULL;
END $$;

DO $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY '{exchange_exchangerulegroup,exchange_exchangerulesku,exchange_exchangerulevat}'::text[] LOOP
        EXECUTE format('CREATE TRIGGER exchange_rule_part_inserted AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION exchange_rule_part_inserted()', part);
        EXECUTE format('CREATE TRIGGER exchange_rule_part_updated AFTER UPDATE ON %I
                        REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION exchange_rule_part_updated()', part);
        EXECUTE format('CREATE TRIGGER exchange_rule_part_deleted AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION exchange_rule_part_deleted()', part);
    END LOOP;
END $$;

-- What a rule leans on: the price type of its warehouse, and where in the tree the groups stand that it filters by. A
-- SKU of a group that moves is not stamped by itself, and may come under the filter or leave it.
CREATE FUNCTION exchange_rule_warehouse_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM exchange_stamp_rules((
        SELECT array_agg(r.id) FROM new_rows n JOIN old_rows o USING (id)
        JOIN exchange_exchangerule r ON r.warehouse_id = n.id
        WHERE n.retail_price_type_id <> o.retail_price_type_id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER exchange_rule_warehouse_updated AFTER UPDATE ON retail_warehouse
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_rule_warehouse_updated();

CREATE FUNCTION exchange_rule_tree_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n JOIN old_rows o USING (id) WHERE n.parent_id IS DISTINCT FROM o.parent_id) THEN
        PERFORM exchange_stamp_rules((SELECT array_agg(DISTINCT rule_id) FROM exchange_exchangerulegroup));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER exchange_rule_tree_updated AFTER UPDATE ON retail_itemgroup
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_rule_tree_updated();

SELECT retail_keep_history('exchange_exchangerule', '{
    "model": "exchange.exchangerule", "label": ["name"], "silent": ["revision"]}');
SELECT retail_keep_history('exchange_exchangerulegroup', '{
    "model": "exchange.exchangerulegroup", "page": "exchange.exchangerule", "page_id": "rule_id"}');
SELECT retail_keep_history('exchange_exchangerulesku', '{
    "model": "exchange.exchangerulesku", "page": "exchange.exchangerule", "page_id": "rule_id"}');
SELECT retail_keep_history('exchange_exchangerulevat', '{
    "model": "exchange.exchangerulevat", "page": "exchange.exchangerule", "page_id": "rule_id"}');
SELECT retail_keep_history('exchange_equipment', '{"model": "exchange.equipment", "label": ["name"]}');
SELECT retail_keep_history('exchange_paymentoption', '{
    "model": "exchange.paymentoption", "label": ["code", "name"], "page": "exchange.equipment", "page_id": "equipment_id"}');

-- Device ids that were written on registers.
INSERT INTO exchange_equipment (
    name, kind, organization_id, register_id, exchange_kind, format_version, device_id, folder, taxation_systems,
    sale_location, sender_email
)
SELECT left(number || ' ' || name, 100), 'register', organization_id, id, 'web_service', 3001, device_id, '', '{}', '', ''
FROM registers_register
WHERE device_id <> ''
ORDER BY id;
