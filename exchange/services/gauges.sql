-- What a watchman is told of the whole chain: a row for each figure, its name, its labels and its value. Whatever is
-- counted here is small beside what it is part of (queues, open holds, the fleet), or has an index of its own.
WITH heard AS (
    SELECT CASE
               WHEN NOT r.active THEN 'inactive'
               WHEN s.last_seen IS NULL THEN 'unpaired'
               WHEN s.last_seen < %(heard)s::timestamptz THEN 'silent'
               ELSE 'online'
           END AS presence
    FROM registers_register r
    LEFT JOIN registers_registerstatus s ON s.register_id = r.id
), night AS (
    SELECT DISTINCT ON (kind) id, kind, state, failed, started_at, finished_at
    FROM billing_nightrun
    ORDER BY kind, date DESC
), clients AS (
    SELECT state, xact_start, application_name
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
)
SELECT name, labels::text, value::double precision
FROM (
    SELECT 'prilavok_registers', jsonb_build_object('presence', p.presence), count(heard.presence)
    FROM (VALUES ('online'), ('silent'), ('unpaired'), ('inactive')) AS p(presence)
    LEFT JOIN heard USING (presence)
    GROUP BY p.presence
    UNION ALL
    SELECT 'prilavok_stock_feed_revision', jsonb_build_object('warehouse', w.name), f.revision
    FROM stock_warehousefeed f
    JOIN retail_warehouse w ON w.id = f.warehouse_id
    UNION ALL
    SELECT 'prilavok_goods_feed_revision', '{}', revision FROM retail_catalogue
    UNION ALL
    SELECT 'prilavok_shifts_unsettled', '{}', count(*) FROM stock_unsettledshift
    UNION ALL
    SELECT 'prilavok_reservations_open', '{}', count(*) FROM stock_reservation WHERE state = 'open'
    UNION ALL
    SELECT 'prilavok_reservations_overdue', '{}', count(*)
    FROM stock_reservation
    WHERE state = 'open' AND expires_at <= %(now)s::timestamptz
    UNION ALL
    SELECT 'prilavok_card_records_unapplied', '{}', count(*) FROM registers_unbilledtransaction
    UNION ALL
    SELECT 'prilavok_card_records_waiting', '{}', count(*) FROM billing_waitingrecord WHERE state = 'waiting'
    UNION ALL
    SELECT 'prilavok_cards_night_running', jsonb_build_object('kind', kind), (state = 'running')::int FROM night
    UNION ALL
    SELECT 'prilavok_cards_night_failed_cards', jsonb_build_object('kind', kind), failed FROM night
    UNION ALL
    SELECT 'prilavok_cards_night_seconds', jsonb_build_object('kind', kind),
           extract(epoch FROM coalesce(finished_at, %(now)s::timestamptz) - started_at)
    FROM night
    UNION ALL
    SELECT 'prilavok_cards_night_finished_timestamp_seconds', jsonb_build_object('kind', kind),
           extract(epoch FROM finished_at)
    FROM night
    WHERE finished_at IS NOT NULL
    UNION ALL
    SELECT 'prilavok_cards_night_chunks_left', jsonb_build_object('kind', night.kind), count(c.id)
    FROM night
    LEFT JOIN billing_nightchunk c ON c.run_id = night.id AND c.state = 'planned'
    GROUP BY night.kind
    UNION ALL
    SELECT 'prilavok_transaction_files', jsonb_build_object('state', s.state), count(f.id)
    FROM (VALUES ('new'), ('waiting'), ('loading'), ('failed')) AS s(state)
    LEFT JOIN exchange_transactionfile f USING (state)
    GROUP BY s.state
    UNION ALL
    SELECT 'prilavok_transaction_files_oldest_seconds', '{}',
           coalesce(extract(epoch FROM %(now)s::timestamptz - min(came_at)), 0)
    FROM exchange_transactionfile
    WHERE state IN ('waiting', 'loading')
    UNION ALL
    SELECT 'prilavok_price_lists_waiting', '{}', count(*)
    FROM exchange_pricetransfer
    WHERE state IN ('new', 'building')
    UNION ALL
    SELECT 'prilavok_outgoing_messages_waiting', '{}', count(*) FROM exchange_outgoingmessage WHERE state = 'waiting'
    UNION ALL
    SELECT 'prilavok_outgoing_messages_oldest_seconds', '{}',
           coalesce(extract(epoch FROM %(now)s::timestamptz - min(made_at)), 0)
    FROM exchange_outgoingmessage
    WHERE state = 'waiting'
    UNION ALL
    SELECT 'prilavok_ukm5_messages_unclaimed', '{}', count(*) FROM exchange_ukm5unclaimed WHERE claimed_at IS NULL
    UNION ALL
    SELECT 'prilavok_schedule_last_run_timestamp_seconds', jsonb_build_object('task', task),
           extract(epoch FROM max(last_run_at))
    FROM django_celery_beat_periodictask
    WHERE enabled AND last_run_at IS NOT NULL
    GROUP BY task
    UNION ALL
    SELECT 'prilavok_database_connections', jsonb_build_object('state', coalesce(state, 'unknown')), count(*)
    FROM clients
    GROUP BY state
    UNION ALL
    SELECT 'prilavok_database_connections_limit', '{}', current_setting('max_connections')::int
    UNION ALL
    SELECT 'prilavok_database_longest_transaction_seconds', '{}',
           coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)
    FROM clients
    WHERE application_name <> %(guard)s
    UNION ALL
    SELECT 'prilavok_database_bytes', '{}', pg_database_size(current_database())
) AS told(name, labels, value)
ORDER BY 1, 2
