-- The sum by which a register proves that its own view of stock is ours. Of each SKU: the first 8 hex digits of
-- md5("<code>:<available with three decimals>") as a number; all added up modulo 2^32. A register that is not told of
-- invoices leaves out the SKUs an invoice touched after their last sale: they are listed.
SELECT f.revision, f.epoch, c.sync_stock,
       (SELECT coalesce(max(l.sequence), 0) FROM exchange_registerloadline l WHERE l.register_id = %(register)s),
       counted.count, counted.checksum, counted.excepted
FROM stock_warehousefeed f
CROSS JOIN retail_constants c
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE settled) AS count,
           (coalesce(sum(part) FILTER (WHERE settled), 0) %% 4294967296)::bigint AS checksum,
           coalesce(array_agg(code ORDER BY code) FILTER (WHERE NOT settled), '{}') AS excepted
    FROM (
        SELECT s.code,
               %(told_all)s OR b.revision = b.sale_revision AS settled,
               ('x' || substr(md5(s.code || ':' || (b.on_hand - b.sold - b.reserved)::numeric(18, 3)), 1, 8))
                   ::bit(32)::bigint AS part
        FROM stock_balance b
        JOIN retail_sku s ON s.id = b.sku_id
        WHERE b.warehouse_id = f.warehouse_id
    ) AS parts
) AS counted
WHERE f.warehouse_id = %(warehouse)s
