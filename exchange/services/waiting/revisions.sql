-- Where the feeds of these warehouses stand, and whether stock is synchronized at all.
SELECT c.sync_stock, f.warehouse_id, f.revision, f.epoch
FROM retail_constants c
LEFT JOIN stock_warehousefeed f ON f.warehouse_id = ANY (%(warehouses)s)
