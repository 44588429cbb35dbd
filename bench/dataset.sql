-- A chain to measure on: so many warehouses, each with its registers, and so many SKUs in every one of them.
INSERT INTO retail_pricetype (id, name) VALUES (900, 'Bench retail');
INSERT INTO retail_organization (id, name, full_name, inn, kpp, address) VALUES (900, 'Bench', '', '7700000009', '', '');
INSERT INTO retail_shop (id, code, name, organization_id, time_zone, address)
VALUES (900, 'B', 'Bench', 900, 'Europe/Moscow', '');
INSERT INTO retail_warehouse (id, name, organization_id, shop_id, retail_price_type_id)
SELECT 1000 + w, 'Bench ' || w, 900, 900, 900 FROM generate_series(1, %(warehouses)s) w;
INSERT INTO retail_item (id, name, full_name, article, kind, weighed, marking, withdrawn, unit_id, vat_rate_id)
SELECT 100000 + i, 'Bench item ' || i, '', 'B-' || i, 'goods', false, '', false,
       (SELECT min(id) FROM retail_unit), (SELECT min(id) FROM retail_vatrate)
FROM generate_series(1, %(skus)s) i;
INSERT INTO retail_sku (id, code, item_id, withdrawn, name, revision)
SELECT 100000 + i, 'B' || i, 100000 + i, false, '', 0 FROM generate_series(1, %(skus)s) i;
INSERT INTO retail_price (sku_id, price_type_id, valid_from, amount)
SELECT 100000 + i, 900, '2026-01-01', 99 FROM generate_series(1, %(skus)s) i;
INSERT INTO stock_balance (warehouse_id, sku_id, on_hand, sold, reserved, revision, sale_revision)
SELECT 1000 + w, 100000 + i, 1000000000, 0, 0, i, i
FROM generate_series(1, %(warehouses)s) w, generate_series(1, %(skus)s) i;
UPDATE stock_warehousefeed SET revision = %(skus)s WHERE warehouse_id > 1000;
UPDATE retail_constants SET packet_size = 100;
INSERT INTO registers_register (
    id, number, name, organization_id, shop_id, warehouse_id, stock_control, workplace, discounts, payment_cards, active
)
SELECT 10000 + r, 10000 + r, 'Bench ' || r, 900, 900, 1001 + (r - 1) %% %(warehouses)s, 'without_prompts', '', true,
       true, true
FROM generate_series(1, %(registers)s) r;
INSERT INTO registers_register (
    id, number, name, organization_id, shop_id, warehouse_id, stock_control, workplace, discounts, payment_cards, active
)
SELECT 30000 + r, 30000 + r, 'Asking ' || r, 900, 900, 1001 + (r - 1) %% %(warehouses)s, 'external', '', true, true, true
FROM generate_series(1, %(registers)s) r
UNION ALL
SELECT 40000 + r, 40000 + r, 'Hot ' || r, 900, 900, 1001, 'external', '', true, true, true
FROM generate_series(1, 100) r;
INSERT INTO registers_registertoken (register_id, digest, created_at, first_used_at)
SELECT 30000 + r, encode(sha256(('bench-asking-' || r)::bytea), 'hex'), now(), now()
FROM generate_series(1, %(registers)s) r
UNION ALL
SELECT 40000 + r, encode(sha256(('bench-hot-' || r)::bytea), 'hex'), now(), now() FROM generate_series(1, 100) r;
INSERT INTO registers_registertoken (register_id, digest, created_at, first_used_at)
SELECT 10000 + r, encode(sha256(('bench-' || r)::bytea), 'hex'), now(), now() FROM generate_series(1, %(registers)s) r;
