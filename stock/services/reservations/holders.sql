-- Who holds a SKU in a warehouse now, the oldest hold first. A SKU on several lines of a receipt is one row.
SELECT r.id, r.register_id, r.receipt_uid, sum(h.quantity) AS quantity, r.placed_at, r.expires_at
FROM stock_reservation r
CROSS JOIN LATERAL stock_held(r.lines) h
WHERE r.warehouse_id = %(warehouse)s AND r.state = 'open' AND h.sku_id = %(sku)s
GROUP BY r.id
ORDER BY r.placed_at, r.id
