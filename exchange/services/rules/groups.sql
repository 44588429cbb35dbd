-- The groups of a rule's goods, those above first: all but what is left out, or, where the rule chooses goods, those it
-- names and those of goods chosen by hand, each with what is above it. A register is told a group whose own revision has
-- moved, and one that goods which changed have come to stand in.
WITH RECURSIVE rule AS MATERIALIZED (
    SELECT r.id, EXISTS (SELECT FROM exchange_exchangerulegroup g WHERE g.rule_id = r.id AND NOT g.excluded)
                 OR EXISTS (SELECT FROM exchange_exchangerulesku k WHERE k.rule_id = r.id AND NOT k.excluded) AS chooses
    FROM exchange_exchangerule r
    WHERE r.id = %(rule)s AND r.with_groups
), branch AS (
    SELECT g.group_id AS id, g.excluded FROM exchange_exchangerulegroup g JOIN rule ON rule.id = g.rule_id
    UNION
    SELECT c.id, b.excluded
    FROM branch b
    JOIN retail_itemgroup c ON c.parent_id = b.id
    WHERE NOT EXISTS (
        SELECT FROM exchange_exchangerulegroup named WHERE named.rule_id = %(rule)s AND named.group_id = c.id
    )
), wanted AS (
    SELECT g.id
    FROM rule
    CROSS JOIN retail_itemgroup g
    LEFT JOIN branch b ON b.id = g.id
    WHERE NOT coalesce(b.excluded, rule.chooses)
    UNION
    SELECT i.group_id
    FROM rule
    JOIN exchange_exchangerulesku k ON k.rule_id = rule.id AND NOT k.excluded
    JOIN retail_sku s ON s.id = k.sku_id
    JOIN retail_item i ON i.id = s.item_id
    WHERE i.group_id IS NOT NULL
    UNION
    SELECT g.parent_id FROM wanted JOIN retail_itemgroup g ON g.id = wanted.id WHERE g.parent_id IS NOT NULL
), fresh AS (
    SELECT i.group_id AS id
    FROM retail_sku s
    JOIN retail_item i ON i.id = s.item_id
    WHERE %(after)s >= 0 AND s.revision > %(after)s AND i.group_id IS NOT NULL
    UNION
    SELECT g.parent_id FROM fresh JOIN retail_itemgroup g ON g.id = fresh.id WHERE g.parent_id IS NOT NULL
), standing AS (
    SELECT id, 0 AS depth FROM retail_itemgroup WHERE parent_id IS NULL
    UNION ALL
    SELECT g.id, s.depth + 1 FROM standing s JOIN retail_itemgroup g ON g.parent_id = s.id
)
SELECT g.id, g.parent_id, g.name
FROM wanted
JOIN retail_itemgroup g ON g.id = wanted.id
JOIN standing ON standing.id = g.id
WHERE g.revision > %(after)s OR g.id IN (SELECT id FROM fresh)
ORDER BY standing.depth, g.id
