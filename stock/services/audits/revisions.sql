-- Balances stamped with a revision that their warehouse's feed has not given out yet.
SELECT format('warehouse %%s, SKU %%s', w.name, s.code), 'revision', greatest(b.revision, b.sale_revision)::text,
       'no more than ' || f.revision
FROM stock_balance b
JOIN stock_warehousefeed f ON f.warehouse_id = b.warehouse_id
JOIN retail_warehouse w ON w.id = b.warehouse_id
JOIN retail_sku s ON s.id = b.sku_id
WHERE b.revision > f.revision OR b.sale_revision > f.revision
ORDER BY w.name, s.code
