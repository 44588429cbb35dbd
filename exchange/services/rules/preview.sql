-- What a rule does to everything that has a code: how many SKUs pass, how many do not for each reason, and a page of
-- those that are looked for. `shown`: a reason, 'passing', or nothing, which is all that do not pass; who searches sees
-- those that pass, too. One row for each count first (`place` is empty), then the page with how many there are of it.
WITH RECURSIVE candidate AS (
    SELECT id FROM retail_sku
),
--- judged.sql
, counted AS (
    SELECT refusal, count(*) AS number FROM judged GROUP BY refusal
), page AS (
    SELECT judged.refusal, count(*) OVER () AS number, row_number() OVER (ORDER BY s.name, s.id) AS place,
           s.id, s.code, s.name, g.name AS group_name, judged.price, judged.available
    FROM judged
    JOIN retail_sku s ON s.id = judged.id
    JOIN retail_item i ON i.id = s.item_id
    LEFT JOIN retail_itemgroup g ON g.id = judged.group_id
    WHERE CASE %(shown)s
              WHEN '' THEN judged.refusal IS NOT NULL OR %(words)s::text[] IS NOT NULL
              WHEN 'passing' THEN judged.refusal IS NULL
              ELSE judged.refusal = %(shown)s
          END
      AND (%(words)s::text[] IS NULL
           OR s.name ILIKE ALL (%(words)s::text[])
           OR s.code ILIKE %(start)s
           OR i.article ILIKE %(start)s
           OR EXISTS (SELECT FROM retail_barcode b WHERE b.sku_id = s.id AND b.value LIKE %(start)s))
    ORDER BY s.name, s.id
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT refusal, number, NULL::bigint AS place, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::numeric, NULL::numeric
FROM counted
UNION ALL
SELECT refusal, number, place, id, code, name, group_name, price, available FROM page
ORDER BY place NULLS FIRST
