-- Journals that nothing unique hangs on, in a table for each month: what is old goes with its table, at once, and leaves
-- no holes. Rows of a month that nobody made a table for land in the default one. Months are of UTC. A partition has a
-- primary key of its own and the parent has none: it would have to contain the time.

-- The partitions of a table, in their order: `until` is where one ends, NULL of the default one.
CREATE FUNCTION retail_partitions(parent regclass)
RETURNS TABLE (name regclass, until timestamptz) LANGUAGE sql STABLE AS $$
    SELECT i.inhrelid::regclass, substring(pg_get_expr(c.relpartbound, c.oid) FROM $re$TO \('([^']+)'\)$re$)::timestamptz
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent
    ORDER BY 2
$$;

-- Add the month after the last one. Whoever writes goes on writing, but for a moment to the default partition: rows of
-- that month which have landed there move.
CREATE FUNCTION retail_add_month(parent regclass, stamp name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    begins timestamptz := (SELECT max(until) FROM retail_partitions(parent));
    ends timestamptz := ((begins AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    rest regclass := (SELECT name FROM retail_partitions(parent) WHERE until IS NULL);
    called text := (SELECT relname FROM pg_class WHERE oid = parent) || to_char(begins AT TIME ZONE 'UTC', '_YYYY_MM');
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (id))', called, parent);
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', rest);
    EXECUTE format('WITH landed AS (DELETE FROM %s WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM landed',
                   rest, stamp, begins, stamp, ends, called);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, called, begins, ends);
    RETURN called;
END $$;

-- A journal gets a table for each month in three steps, each a transaction of its own; any of them may be done again, and
-- does nothing to a journal that has them already. First: what it holds ends with the next month, which is not proved yet.
CREATE FUNCTION retail_bound_journal(kept name, stamp name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE oid = kept::regclass AND relkind = 'r')
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = kept::regclass AND conname = kept || '_until') THEN
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (%I < %L) NOT VALID', kept, kept || '_until', stamp,
                       (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months') AT TIME ZONE 'UTC');
    END IF;
END $$;

-- Second: prove it, while everybody reads and writes.
CREATE FUNCTION retail_prove_bound(kept name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = kept::regclass AND conname = kept || '_until') THEN
        EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT %I', kept, kept || '_until');
    END IF;
END $$;

-- Third: make it the first partition of a new table of its name. It stays where it is; that its bound is proved spares
-- looking through it, so it is locked for as long as names take to change. What else hangs on it goes to the new one as
-- it stands: indexes, checks, foreign keys, triggers of statements.
CREATE FUNCTION retail_partition_by_month(kept name, stamp name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    old name := kept || '_first';
    bound text := kept || '_until';
    cut timestamptz;
    seen bigint;
    made text[];
    one text;
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = kept::regclass) = 'p' THEN
        RETURN;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', kept);
    SELECT substring(pg_get_constraintdef(oid) FROM $re$'([^']+)'::timestamp$re$)::timestamptz INTO STRICT cut
    FROM pg_constraint WHERE conrelid = kept::regclass AND conname = bound AND convalidated;
    EXECUTE format('SELECT last_value FROM %s', pg_get_serial_sequence(kept, 'id')) INTO seen;
    made := ARRAY(SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = kept::regclass AND NOT indisprimary)
         || ARRAY(SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s', kept, conname, pg_get_constraintdef(oid))
                  FROM pg_constraint WHERE conrelid = kept::regclass AND contype = 'f')
         || ARRAY(SELECT pg_get_triggerdef(oid) FROM pg_trigger
                  WHERE tgrelid = kept::regclass AND NOT tgisinternal AND tgtype & 1 = 0);
    FOR one IN SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = kept::regclass LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', one, left(one, 57) || '_first');
    END LOOP;
    EXECUTE format('ALTER TABLE %I ALTER id DROP IDENTITY', kept);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', kept, old);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (%I)', kept, old, stamp);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', kept, bound);
    EXECUTE format('ALTER TABLE %I ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH %s)', kept, seen + 1);
    FOREACH one IN ARRAY made LOOP
        EXECUTE one;
    END LOOP;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', kept, old, cut);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', old, bound);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I (PRIMARY KEY (id)) DEFAULT', kept || '_default', kept);
    PERFORM retail_add_month(kept::regclass, stamp);
END $$;
