-- The history of edits. A table that keeps it tells of every row that is added, changed or deleted, whichever way the
-- row is reached: one statement more for a statement of any number of rows.
--
-- Who edits is told by the product in the setting prilavok.editor of the transaction (retail.services.editors): by, name,
-- source, origin, run. What a trigger derives (a SKU's revision) is nobody's edit and is not told.

CREATE FUNCTION retail_editor() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('prilavok.editor', true), '')::jsonb,
                    jsonb_build_object('origin', session_user))
$$;

-- Both functions below put together pairs of rows (`old`, `new`; NULL where there is none) and write down what differs.
-- TG_ARGV[0] says of the table: `model`; `label`, the columns by which a row calls itself; `page`, `page_id`: on whose
-- page it is shown; `silent`, columns that are not told; `secret`, columns of which only the change is told.
CREATE FUNCTION retail_keep_edits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pairs text;
BEGIN
    IF pg_trigger_depth() > 1 THEN
        RETURN NULL;
    END IF;
    CASE TG_OP
        WHEN 'INSERT' THEN pairs := 'SELECT NULL::jsonb AS old, to_jsonb(n) - $3 AS new FROM new_rows n';
        WHEN 'UPDATE' THEN
            pairs := 'SELECT to_jsonb(o) - $3 AS old, to_jsonb(n) - $3 AS new FROM new_rows n JOIN old_rows o USING (id)';
        WHEN 'DELETE' THEN pairs := 'SELECT to_jsonb(o) - $3 AS old, NULL::jsonb AS new FROM old_rows o';
    END CASE;
    EXECUTE format($sql$
        INSERT INTO retail_edit (
            at, by_id, by_name, source, origin, run_id, act, model, object_id, label, page_model, page_id, changes, note
        )
        SELECT now(), ($2->>'by')::integer, coalesce($2->>'name', ''), coalesce($2->>'source', ''),
               coalesce($2->>'origin', ''), ($2->>'run')::bigint,
               CASE WHEN old IS NULL THEN 'added' WHEN new IS NULL THEN 'deleted' ELSE 'changed' END,
               $1->>'model', (row->>'id')::bigint,
               coalesce(left((SELECT string_agg(row->>name, ' ') FROM jsonb_array_elements_text($1->'label') AS name), 200), ''),
               $1->>'page', page.id, differing.changes, ''
        FROM (%s) AS pair
        CROSS JOIN LATERAL (SELECT coalesce(new, old) AS row) AS present
        -- A row that moves to another page is told on both.
        CROSS JOIN LATERAL (
            SELECT (old->>($1->>'page_id'))::bigint AS id WHERE old IS NOT NULL
            UNION
            SELECT (new->>($1->>'page_id'))::bigint WHERE new IS NOT NULL
        ) AS page
        CROSS JOIN LATERAL (
            SELECT coalesce(jsonb_object_agg(key, CASE
                       WHEN $1->'secret' ? key THEN '[]'
                       ELSE jsonb_build_array(old->key, new->key)
                   END), '{}') AS changes
            FROM jsonb_object_keys(row) AS key
            WHERE key <> 'id'
              AND coalesce(nullif(old->key, '""'), 'null') <> coalesce(nullif(new->key, '""'), 'null')
        ) AS differing
        WHERE old IS NULL OR new IS NULL OR old <> new
        ORDER BY (row->>'id')::bigint
    $sql$, pairs) USING TG_ARGV[0]::jsonb, retail_editor(),
                        ARRAY(SELECT jsonb_array_elements_text(TG_ARGV[0]::jsonb->'silent'));
    RETURN NULL;
END $$;

-- Links between two tables (the roles of a person) are told by page: the keys that were taken away and those given.
CREATE FUNCTION retail_keep_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($sql$
        INSERT INTO retail_edit (
            at, by_id, by_name, source, origin, run_id, act, model, object_id, label, page_model, page_id, changes, note
        )
        SELECT now(), ($2->>'by')::integer, coalesce($2->>'name', ''), coalesce($2->>'source', ''),
               coalesce($2->>'origin', ''), ($2->>'run')::bigint, 'changed', $1->>'model', page_id, '', $1->>'page', page_id,
               jsonb_build_object($1->>'linked', CASE WHEN %L = 'INSERT' THEN jsonb_build_array('[]'::jsonb, keys)
                                                      ELSE jsonb_build_array(keys, '[]'::jsonb) END), ''
        FROM (
            SELECT (row->>($1->>'page_id'))::bigint AS page_id, jsonb_agg((row->($1->>'linked')) ORDER BY row->'id') AS keys
            FROM (SELECT to_jsonb(l) AS row FROM %s l) AS links
            GROUP BY 1
        ) AS pages
        ORDER BY page_id
    $sql$, TG_OP, CASE TG_OP WHEN 'INSERT' THEN 'new_rows' ELSE 'old_rows' END) USING TG_ARGV[0]::jsonb, retail_editor();
    RETURN NULL;
END $$;

-- Let a table keep its history. `about` is as described above; what it leaves out: the row's own page, nothing silent.
CREATE FUNCTION retail_keep_history(kept regclass, about jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    whole jsonb := jsonb_build_object('page', about->'model', 'page_id', 'id', 'label', '[]'::jsonb,
                                      'silent', '[]'::jsonb, 'secret', '[]'::jsonb) || about;
    keeper text := CASE WHEN about ? 'linked' THEN 'retail_keep_links' ELSE 'retail_keep_edits' END;
BEGIN
    EXECUTE format('CREATE TRIGGER history_of_added AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', kept, keeper, whole);
    EXECUTE format('CREATE TRIGGER history_of_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', kept, keeper, whole);
    IF keeper = 'retail_keep_edits' THEN
        EXECUTE format('CREATE TRIGGER history_of_changed AFTER UPDATE ON %s
                        REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', kept, keeper, whole);
    END IF;
END $$;

-- What has been told stays as it was told, until it is old enough to be forgotten (retail.services.edits).
CREATE FUNCTION retail_edit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR current_setting('prilavok.forgetting', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'The history of edits is never edited, and only what is old is forgotten.'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'retail_edit_only_grows';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER retail_edit_kept BEFORE UPDATE OR DELETE ON retail_edit
    FOR EACH STATEMENT EXECUTE FUNCTION retail_edit_kept();

SELECT retail_keep_history('retail_constants', '{"model": "retail.constants"}');
SELECT retail_keep_history('retail_organization', '{"model": "retail.organization", "label": ["name"]}');
SELECT retail_keep_history('retail_counterparty', '{"model": "retail.counterparty", "label": ["name"]}');
SELECT retail_keep_history('retail_shop', '{"model": "retail.shop", "label": ["code", "name"]}');
SELECT retail_keep_history('retail_warehouse', '{"model": "retail.warehouse", "label": ["name"]}');
SELECT retail_keep_history('retail_unit', '{"model": "retail.unit", "label": ["name"]}');
SELECT retail_keep_history('retail_vatrate', '{"model": "retail.vatrate", "label": ["name"]}');
SELECT retail_keep_history('retail_itemgroup', '{"model": "retail.itemgroup", "label": ["name"], "silent": ["revision"]}');
SELECT retail_keep_history('retail_item', '{"model": "retail.item", "label": ["name"]}');
SELECT retail_keep_history('retail_characteristic', '{
    "model": "retail.characteristic", "label": ["name"], "page": "retail.item", "page_id": "item_id"}');
SELECT retail_keep_history('retail_pack', '{
    "model": "retail.pack", "label": ["name"], "page": "retail.item", "page_id": "item_id"}');
SELECT retail_keep_history('retail_sku', '{
    "model": "retail.sku", "label": ["code"], "silent": ["name", "revision"]}');
SELECT retail_keep_history('retail_barcode', '{
    "model": "retail.barcode", "label": ["value"], "page": "retail.sku", "page_id": "sku_id"}');
SELECT retail_keep_history('retail_pricetype', '{"model": "retail.pricetype", "label": ["name"]}');
SELECT retail_keep_history('retail_price', '{"model": "retail.price", "page": "retail.sku", "page_id": "sku_id"}');

SELECT retail_keep_history('retail_apitoken', '{
    "model": "retail.apitoken", "label": ["name"], "silent": ["last_used_at"], "secret": ["digest"]}');

SELECT retail_keep_history('auth_user', '{
    "model": "auth.user", "label": ["username"], "silent": ["last_login"], "secret": ["password"]}');
SELECT retail_keep_history('auth_group', '{"model": "auth.group", "label": ["name"]}');
SELECT retail_keep_history('auth_user_groups', '{
    "model": "auth.user_groups", "page": "auth.user", "page_id": "user_id", "linked": "group_id"}');
SELECT retail_keep_history('auth_user_user_permissions', '{
    "model": "auth.user_user_permissions", "page": "auth.user", "page_id": "user_id", "linked": "permission_id"}');
SELECT retail_keep_history('auth_group_permissions', '{
    "model": "auth.group_permissions", "page": "auth.group", "page_id": "group_id", "linked": "permission_id"}');

SELECT retail_keep_history('django_celery_beat_periodictask', '{
    "model": "django_celery_beat.periodictask", "label": ["name"],
    "silent": ["last_run_at", "total_run_count", "date_changed"]}');
SELECT retail_keep_history('django_celery_beat_intervalschedule', '{"model": "django_celery_beat.intervalschedule"}');
SELECT retail_keep_history('django_celery_beat_crontabschedule', '{"model": "django_celery_beat.crontabschedule"}');
