rule AS MATERIALIZED (
    SELECT r.id, r.warehouse_id, w.retail_price_type_id AS price_type, r.priced_only, r.in_stock_only, r.balances,
           r.markings, cardinality(r.markings) > 0 AS by_marking,
           EXISTS (SELECT FROM exchange_exchangerulegroup g WHERE g.rule_id = r.id AND NOT g.excluded)
           OR EXISTS (SELECT FROM exchange_exchangerulesku k WHERE k.rule_id = r.id AND NOT k.excluded) AS chooses
    FROM exchange_exchangerule r
    JOIN retail_warehouse w ON w.id = r.warehouse_id
    WHERE r.id = %(rule)s
), branch AS (
    -- Each group under one that the rule names: the nearest above decides.
    SELECT g.group_id AS id, g.excluded FROM exchange_exchangerulegroup g WHERE g.rule_id = %(rule)s
    UNION
    SELECT c.id, b.excluded
    FROM branch b
    JOIN retail_itemgroup c ON c.parent_id = b.id
    WHERE NOT EXISTS (
        SELECT FROM exchange_exchangerulegroup named WHERE named.rule_id = %(rule)s AND named.group_id = c.id
    )
), described AS (
    -- `vat`: what is sent, nothing where the format has no word and the rule no substitute.
    SELECT s.id, s.item_id, s.characteristic_id, s.pack_id, s.withdrawn OR i.withdrawn AS withdrawn, i.marking,
           i.kind = 'service' AS service, i.group_id, price.amount AS price,
           coalesce(b.on_hand - b.sold - b.reserved, 0) AS available, coalesce(b.revision, 0) AS left_at,
           CASE WHEN %(rates)s::text[] IS NULL OR v.code = ANY (%(rates)s::text[]) THEN v.code
                WHEN other.sent_as = ANY (%(rates)s::text[]) THEN other.sent_as END AS vat,
           k.sku_id IS NOT NULL AS by_hand, coalesce(k.excluded, false) AS left_out
    FROM rule
    CROSS JOIN candidate
    JOIN retail_sku s ON s.id = candidate.id
    JOIN retail_item i ON i.id = s.item_id
    JOIN retail_vatrate v ON v.id = i.vat_rate_id
    LEFT JOIN exchange_exchangerulevat other ON other.rule_id = rule.id AND other.vat_rate_id = v.id
    LEFT JOIN exchange_exchangerulesku k ON k.rule_id = rule.id AND k.sku_id = s.id
    LEFT JOIN stock_balance b ON b.warehouse_id = rule.warehouse_id AND b.sku_id = s.id
    LEFT JOIN LATERAL (
        SELECT p.amount
        FROM retail_price p
        WHERE p.sku_id = s.id AND p.price_type_id = rule.price_type AND p.valid_from <= %(now)s
        ORDER BY p.valid_from DESC
        LIMIT 1
    ) AS price ON true
), judged AS (
    -- `refusal`: why it does not go (exchange.choices.Refusal), nothing if it does. Stock has no services. `shut_out`: it
    -- does not go for what it is, and will not until it comes under another group, marking or rate of VAT.
    SELECT d.*, coalesce(shut.by_rule, shut.by_format) IS NOT NULL AS shut_out,
           CASE WHEN d.withdrawn THEN 'withdrawn'
                WHEN shut.by_rule IS NOT NULL THEN shut.by_rule
                WHEN rule.priced_only AND d.price IS NULL THEN 'no_price'
                WHEN rule.priced_only AND d.price = 0 THEN 'zero_price'
                WHEN rule.in_stock_only AND d.available <= 0 AND NOT d.service THEN 'not_in_stock'
                ELSE shut.by_format
           END AS refusal
    FROM described d
    CROSS JOIN rule
    LEFT JOIN branch ON branch.id = d.group_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN d.left_out THEN 'left_out'
                    WHEN branch.excluded AND NOT d.by_hand THEN 'group_out'
                    WHEN rule.chooses AND branch.id IS NULL AND NOT d.by_hand THEN 'not_chosen'
                    WHEN rule.by_marking AND NOT coalesce(nullif(d.marking, ''), 'none') = ANY (rule.markings)
                        THEN 'marking'
               END AS by_rule,
               CASE WHEN d.vat IS NULL THEN 'vat'
                    -- Alcohol is told by its excise.
                    WHEN d.marking NOT IN ('', 'alcohol') AND NOT d.marking = ANY (%(kinds)s::text[]) THEN 'format'
               END AS by_format
    ) AS shut
)
