-- The next items that have a SKU, in the order of their keys.
SELECT DISTINCT item_id FROM retail_sku WHERE item_id > %(last)s ORDER BY item_id LIMIT %(limit)s
