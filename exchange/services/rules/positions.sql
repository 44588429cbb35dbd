-- Where a rule, the catalogue and the stock of the rule's warehouse stand, in one snapshot.
SELECT r.revision, c.epoch, c.revision, f.epoch, f.revision
FROM exchange_exchangerule r
CROSS JOIN retail_catalogue c
JOIN stock_warehousefeed f USING (warehouse_id)
WHERE r.id = %(rule)s
