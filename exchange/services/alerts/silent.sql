-- Registers that have been heard and are silent for so many minutes. Out of the hours of its rule a register is not
-- watched: what was found stays as it is. Silence is counted from the beginning of the hours.
SELECT found.rule, 'registers.register:' || found.register, found.watched, json_build_object(
           'register', found.name, 'shop', found.shop, 'since', found.last_seen
       )::text
FROM (
    SELECT u.id AS rule, u.threshold, k.id AS register, k.number || ' ' || k.name AS name, s.name AS shop, st.last_seen,
           u.hours_from IS NULL OR CASE WHEN u.hours_from < u.hours_to
               THEN clock.local::time >= u.hours_from AND clock.local::time < u.hours_to
               ELSE clock.local::time >= u.hours_from OR clock.local::time < u.hours_to END AS watched,
           greatest(st.last_seen, CASE WHEN u.hours_from IS NOT NULL THEN (
               date_trunc('day', clock.local) + u.hours_from
               - CASE WHEN clock.local::time < u.hours_from THEN interval '1 day' ELSE interval '0' END
           ) AT TIME ZONE s.time_zone END) AS since
    FROM exchange_alertrule u
    JOIN registers_register k ON k.active AND (u.register_id IS NULL OR k.id = u.register_id)
        AND (u.shop_id IS NULL OR k.shop_id = u.shop_id)
    JOIN retail_shop s ON s.id = k.shop_id
    JOIN registers_registerstatus st ON st.register_id = k.id
    CROSS JOIN LATERAL (SELECT %(now)s::timestamptz AT TIME ZONE s.time_zone AS local) AS clock
    WHERE u.id = ANY (%(rules)s) AND st.last_seen < %(now)s::timestamptz - u.threshold * interval '1 minute'
) AS found
WHERE NOT found.watched OR found.since < %(now)s::timestamptz - found.threshold * interval '1 minute'
