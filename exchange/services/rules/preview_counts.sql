-- How many SKUs pass, and how many do not for each reason, with some of each. Everything that has a code is looked at.
WITH RECURSIVE candidate AS (
    SELECT id FROM retail_sku
),
--- judged.sql
, numbered AS (
    SELECT id, refusal, row_number() OVER (PARTITION BY refusal ORDER BY id) AS place FROM judged
)
SELECT n.refusal, count(*), array_agg(n.id ORDER BY n.id) FILTER (WHERE n.place <= 3)
FROM numbered n
GROUP BY n.refusal
