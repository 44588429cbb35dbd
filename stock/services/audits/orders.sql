-- Lines of agreed orders that do not hold what they promise, and what is held for orders that promise nothing. A sold
-- order is left out: what it held is let go with its sale, or by the next sweep.
SELECT format('order %%s, line %%s', d.number, l.line), 'held', l.held::text, l.promised::text
FROM (
    SELECT order_id, line, sku_id, sum(held) AS held, sum(promised) AS promised
    FROM (
        SELECT r.order_id, h.line, h.sku_id, h.quantity AS held, 0 AS promised
        FROM stock_reservation r
        JOIN stock_customerorder o ON o.stockdocument_ptr_id = r.order_id
        CROSS JOIN LATERAL stock_held(r.lines) AS h
        WHERE r.state = 'open' AND r.order_id IS NOT NULL AND o.receipt_id IS NULL
        UNION ALL
        SELECT l.document_id, l.line, l.sku_id, 0, l.quantity
        FROM stock_customerorder o
        JOIN stock_documentline l ON l.document_id = o.stockdocument_ptr_id
        JOIN retail_sku s ON s.id = l.sku_id
        JOIN retail_item i ON i.id = s.item_id AND i.kind = 'goods'
        WHERE o.status = 'agreed' AND o.receipt_id IS NULL
    ) AS both_sides
    GROUP BY order_id, line, sku_id
    HAVING sum(held) <> sum(promised)
) AS l
JOIN stock_stockdocument d ON d.id = l.order_id
ORDER BY d.number, l.line
