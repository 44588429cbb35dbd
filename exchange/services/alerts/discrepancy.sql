-- Z-reports in which something differs by so much or more, that nobody has accepted and that is not being settled.
SELECT u.id, 'stock.zreport:' || d.report_id, true, json_build_object(
           'register', k.number || ' ' || k.name, 'shop', s.name, 'shift', shift.number, 'count', count(*)
       )::text
FROM stock_discrepancy d
JOIN stock_zreport z ON z.stockdocument_ptr_id = d.report_id
JOIN registers_shift shift ON shift.id = z.shift_id
JOIN registers_register k ON k.id = z.register_id
JOIN retail_shop s ON s.id = k.shop_id
JOIN exchange_alertrule u ON (u.register_id IS NULL OR k.id = u.register_id)
    AND (u.shop_id IS NULL OR k.shop_id = u.shop_id) AND abs(d.difference) >= u.threshold
WHERE u.id = ANY (%(rules)s) AND d.resolved_at IS NULL AND d.accepted_at IS NULL
  AND NOT EXISTS (SELECT FROM stock_unsettledshift unsettled WHERE unsettled.shift_id = z.shift_id)
GROUP BY u.id, d.report_id, k.number, k.name, s.name, shift.number
