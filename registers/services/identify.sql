-- Who shows this token: the token's state, then every column of the register, its organization, shop and warehouse, in
-- the order of the models' fields. One unique index finds the token; the rest are primary keys.
SELECT
    t.id, t.first_used_at, t.revoked_at,
    r.id, r.number, r.name, r.organization_id, r.shop_id, r.warehouse_id, r.stock_control, r.reservation_minutes, r.workplace,
    r.discounts, r.payment_cards, r.active,
    o.id, o.name, o.full_name, o.inn, o.kpp, o.address,
    s.id, s.code, s.name, s.organization_id, s.time_zone, s.address,
    w.id, w.name, w.organization_id, w.shop_id, w.retail_price_type_id
FROM registers_registertoken t
JOIN registers_register r ON r.id = t.register_id
JOIN retail_organization o ON o.id = r.organization_id
JOIN retail_shop s ON s.id = r.shop_id
JOIN retail_warehouse w ON w.id = r.warehouse_id
WHERE t.digest = %(digest)s
