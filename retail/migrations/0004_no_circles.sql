-- The tree of goods has no circles. The verb that moves a group says so first; this holds for every other way of
-- editing. It runs after retail_itemgroup_updated (triggers fire in the order of their names), which holds the
-- catalogue, so that of two edits at once the second sees what the first has committed.
CREATE FUNCTION retail_itemgroup_updated_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        WITH RECURSIVE above AS (
            SELECT n.id AS start, n.parent_id AS id
            FROM new_rows n JOIN old_rows o USING (id)
            WHERE n.parent_id IS DISTINCT FROM o.parent_id
            UNION  -- Not UNION ALL: a circle that does not pass the start must end the walk, too.
            SELECT a.start, g.parent_id FROM above a JOIN retail_itemgroup g ON g.id = a.id
        )
        SELECT FROM above WHERE id = start
    ) THEN
        RAISE EXCEPTION 'A group cannot stand inside itself.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'retail_itemgroup_not_inside_itself';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER retail_itemgroup_updated_check AFTER UPDATE ON retail_itemgroup
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION retail_itemgroup_updated_check();
