-- Warehouses with holds whose time has run out, by the clock of the database.
SELECT DISTINCT warehouse_id
FROM stock_reservation
WHERE state = 'open' AND expires_at <= clock_timestamp()
ORDER BY warehouse_id
