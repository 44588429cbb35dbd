-- What PostgreSQL says of itself, in one row.
SELECT current_setting('server_version_num')::int / 10000,
       pg_encoding_to_char(d.encoding),
       upper('я') = 'Я',
       ARRAY(
           SELECT name FROM pg_settings
           WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
           ORDER BY name
       ),
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int,
       coalesce((
           SELECT extract(epoch FROM max(clock_timestamp() - xact_start))
           FROM pg_stat_activity
           WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> %(guard)s
       ), 0)::int,
       age(d.datfrozenxid),
       ARRAY(
           SELECT DISTINCT s.time_zone FROM retail_shop s
           WHERE NOT EXISTS (SELECT FROM pg_timezone_names n WHERE n.name = s.time_zone)
           ORDER BY 1
       )
FROM pg_database d
WHERE d.datname = current_database()
