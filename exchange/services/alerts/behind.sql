-- Registers that are heard and have not taken so many changes of stock or goods. One that has never asked for a feed does
-- not live by it. Out of the hours of its rule a register is not watched: what was found stays as it is.
SELECT u.id, 'registers.register:' || k.id, u.hours_from IS NULL OR CASE WHEN u.hours_from < u.hours_to
           THEN clock.local >= u.hours_from AND clock.local < u.hours_to
           ELSE clock.local >= u.hours_from OR clock.local < u.hours_to END,
       json_build_object('register', k.number || ' ' || k.name, 'shop', s.name, 'count', lag.changes)::text
FROM exchange_alertrule u
JOIN registers_register k ON k.active AND (u.register_id IS NULL OR k.id = u.register_id)
    AND (u.shop_id IS NULL OR k.shop_id = u.shop_id)
JOIN retail_shop s ON s.id = k.shop_id
JOIN registers_registerstatus st ON st.register_id = k.id AND st.last_seen >= %(heard)s
JOIN stock_warehousefeed feed ON feed.warehouse_id = k.warehouse_id
CROSS JOIN retail_catalogue catalogue
CROSS JOIN LATERAL (
    SELECT greatest(
        CASE WHEN st.stock_sent > 0 THEN feed.revision - st.stock_acknowledged END,
        CASE WHEN st.goods_sent > 0 THEN catalogue.revision - st.goods_acknowledged END
    ) AS changes
) AS lag
CROSS JOIN LATERAL (SELECT (%(now)s::timestamptz AT TIME ZONE s.time_zone)::time AS local) AS clock
WHERE u.id = ANY (%(rules)s) AND lag.changes >= u.threshold
