-- Items any SKU of which has changed, or what is left of it, after a position. Both halves are ranges of an index.
SELECT s.item_id
FROM retail_sku s
WHERE s.revision > %(catalogue)s
UNION
SELECT s.item_id
FROM stock_balance b
JOIN retail_sku s ON s.id = b.sku_id
WHERE %(by_stock)s AND b.warehouse_id = %(warehouse)s AND b.revision > 0 AND b.revision > %(stock)s
ORDER BY item_id
