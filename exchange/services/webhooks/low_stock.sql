-- Look at the balances that changed since each warehouse was last looked at: tell an endpoint of those that are below its
-- threshold and that it has not been told of, and forget those of which there is enough again. A revision is taken under
-- the lock of its warehouse, so that nothing below the feed's own can come later. A service never runs out.
WITH place AS MATERIALIZED (
    SELECT c.id, c.of AS warehouse_id, c.position, feed.revision
    FROM exchange_eventcursor c
    JOIN stock_warehousefeed feed ON feed.warehouse_id = c.of
    WHERE c.source = 'stock' AND feed.revision <> c.position
), endpoint AS MATERIALIZED (
    SELECT id, stock_below FROM exchange_webhookendpoint WHERE active AND 'stock.below' = ANY (events)
), changed AS MATERIALIZED (
    SELECT b.id, b.warehouse_id, b.sku_id, b.revision, b.on_hand - b.sold - b.reserved AS available
    FROM place
    JOIN stock_balance b ON b.warehouse_id = place.warehouse_id AND b.revision > place.position AND b.revision > 0
    WHERE EXISTS (SELECT FROM endpoint)
), enough AS (
    DELETE FROM exchange_lowstock low
    USING changed, endpoint
    WHERE low.balance_id = changed.id AND low.endpoint_id = endpoint.id AND changed.available >= endpoint.stock_below
), low AS (
    INSERT INTO exchange_lowstock (endpoint_id, balance_id)
    SELECT endpoint.id, changed.id
    FROM changed
    JOIN endpoint ON changed.available < endpoint.stock_below
    ON CONFLICT DO NOTHING
    RETURNING endpoint_id, balance_id
), told AS (
    INSERT INTO exchange_outgoingmessage (
        endpoint_id, email, uid, key, event, subject, body, made_at, state, attempts, next_at, error, tries
    )
    SELECT endpoint.id, '', 'msg_' || replace(gen_random_uuid()::text, '-', ''),
           'stock:' || changed.id || ':' || changed.revision, 'stock.below', '', json_build_object(
               'type', 'stock.below',
               'timestamp', %(now)s::timestamptz,
               'data', json_build_object(
                   'warehouse', w.name, 'sku', s.code, 'name', s.name, 'available', changed.available::text,
                   'threshold', endpoint.stock_below::text
               )
           )::text, %(now)s, 'waiting', 0, %(now)s, '', '[]'
    FROM low
    JOIN endpoint ON endpoint.id = low.endpoint_id
    JOIN changed ON changed.id = low.balance_id
    JOIN retail_warehouse w ON w.id = changed.warehouse_id
    JOIN retail_sku s ON s.id = changed.sku_id
    ORDER BY changed.id, endpoint.id
    ON CONFLICT (endpoint_id, email, key) DO NOTHING
), moved AS (
    UPDATE exchange_eventcursor c SET position = place.revision FROM place WHERE c.id = place.id
)
SELECT count(*) FROM low
