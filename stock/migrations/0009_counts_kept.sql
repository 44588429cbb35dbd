-- What the books say of a past moment, and what keeps counts and transfers as they were posted.

-- How much of each SKU there was in the warehouse at that moment, by all that is known now: what the books say now less
-- what registers sold and no document holds yet, without what moved since. A document moves goods when it is posted, a
-- count at the moment of its counting, a sale when it happened: so documents made of sales, which only settle what
-- `sold` says already, are left out and the receipts themselves are looked at.
-- Planned anew for each call, since three SKUs of an old count and fifty thousand of a fresh one want different plans;
-- and added up instead of joined, since how much has moved is not known beforehand.
CREATE FUNCTION stock_expected(of_warehouse bigint, at_moment timestamptz, of_skus bigint[])
RETURNS TABLE (sku_id bigint, expected numeric) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT part.sku_id, sum(part.quantity)
    FROM (
        SELECT id AS sku_id, 0 AS quantity FROM unnest(of_skus) AS wanted(id)
        UNION ALL
        SELECT b.sku_id, b.on_hand - b.sold
        FROM stock_balance b
        WHERE b.warehouse_id = of_warehouse AND b.sku_id = ANY (of_skus)
        UNION ALL
        SELECT m.sku_id, -m.quantity
        FROM stock_movement m
        JOIN stock_stockdocument d ON d.id = m.document_id
        LEFT JOIN stock_stockcount c ON c.stockdocument_ptr_id = m.document_id
        WHERE m.warehouse_id = of_warehouse AND m.sku_id = ANY (of_skus) AND m.made_at > at_moment
          AND d.kind NOT IN ('current_sales', 'z_report') AND (c.counted_at IS NULL OR c.counted_at > at_moment)
        UNION ALL
        SELECT l.sku_id, CASE r.kind WHEN 'sale' THEN l.quantity ELSE -l.quantity END
        FROM registers_receipt r
        JOIN registers_receiptline l ON l.receipt_id = r.transaction_id
        WHERE r.warehouse_id = of_warehouse AND r.occurred_at > at_moment AND r.kind IN ('sale', 'return')
          AND l.sku_id = ANY (of_skus)
    ) AS part
    GROUP BY part.sku_id;
END $$;

-- Lines of a count come by the ten thousand, so whole statements are looked at and not each row.
CREATE FUNCTION stock_countline_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM stock_require_draft(ARRAY(SELECT DISTINCT document_id FROM touched), 'stock_countline_kept_once_posted');
    RETURN NULL;
END $$;
CREATE TRIGGER stock_countline_kept_insert AFTER INSERT ON stock_countline
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION stock_countline_kept();
CREATE TRIGGER stock_countline_kept_update AFTER UPDATE ON stock_countline
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION stock_countline_kept();
CREATE TRIGGER stock_countline_kept_moving AFTER UPDATE ON stock_countline
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION stock_countline_kept();
CREATE TRIGGER stock_countline_kept_delete AFTER DELETE ON stock_countline
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION stock_countline_kept();

CREATE TRIGGER stock_stockcount_kept BEFORE UPDATE OR DELETE ON stock_stockcount
    FOR EACH ROW EXECUTE FUNCTION stock_header_kept();
CREATE TRIGGER stock_stocktransfer_kept BEFORE UPDATE OR DELETE ON stock_stocktransfer
    FOR EACH ROW EXECUTE FUNCTION stock_header_kept();

-- Lines of documents that were drafted before lines kept their rate of VAT take that of their goods.
ALTER TABLE stock_documentline DISABLE TRIGGER stock_documentline_kept;
UPDATE stock_documentline l SET vat_rate_id = i.vat_rate_id
FROM retail_sku s JOIN retail_item i ON i.id = s.item_id
WHERE s.id = l.sku_id;
SET CONSTRAINTS ALL IMMEDIATE; -- A table whose foreign keys are still to be checked cannot be altered.
ALTER TABLE stock_documentline ENABLE TRIGGER stock_documentline_kept;
