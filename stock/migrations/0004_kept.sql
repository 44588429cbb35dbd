-- The last judge of the books: movements only grow, and a document that has left the drafts is kept as it is. The
-- services refuse the same in kinder words; these triggers hold whichever way a row is reached. Each refusal carries a
-- name, as constraints do.

CREATE FUNCTION stock_movement_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Movement % is never edited or deleted: correct it by an opposite one.', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stock_movement_only_grows';
END $$;
CREATE TRIGGER stock_movement_kept BEFORE UPDATE OR DELETE ON stock_movement
    FOR EACH ROW EXECUTE FUNCTION stock_movement_kept();

-- All that may happen to a posted document is to be reversed, and to a reversed one nothing.
CREATE FUNCTION stock_stockdocument_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reversal text[] := ARRAY['state', 'reversed_at', 'reversed_by_id'];
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'posted' AND NEW.state = 'reversed'
       AND to_jsonb(NEW) - reversal = to_jsonb(OLD) - reversal THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Document % has left the drafts and is kept as it is.', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stock_stockdocument_kept_once_posted';
END $$;
CREATE TRIGGER stock_stockdocument_kept BEFORE UPDATE OR DELETE ON stock_stockdocument
    FOR EACH ROW EXECUTE FUNCTION stock_stockdocument_kept();

-- What belongs to a document is kept with it. The document's row is locked first, so that a part written while the
-- document is being posted waits, and is then refused.
CREATE FUNCTION stock_require_draft(documents bigint[], constraint_name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owner record;
BEGIN
    FOR owner IN SELECT id, state FROM stock_stockdocument WHERE id = ANY (documents) ORDER BY id FOR SHARE LOOP
        IF owner.state <> 'draft' THEN
            RAISE EXCEPTION 'Document % has left the drafts and is kept with all its parts.', owner.id
                USING ERRCODE = 'restrict_violation', CONSTRAINT = constraint_name;
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION stock_documentline_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM stock_require_draft(ARRAY[OLD.document_id, NEW.document_id], 'stock_documentline_kept_once_posted');
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER stock_documentline_kept BEFORE INSERT OR UPDATE OR DELETE ON stock_documentline
    FOR EACH ROW EXECUTE FUNCTION stock_documentline_kept();

CREATE FUNCTION stock_header_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM stock_require_draft(ARRAY[OLD.stockdocument_ptr_id], TG_TABLE_NAME || '_kept_once_posted');
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER stock_goodsreceipt_kept BEFORE UPDATE OR DELETE ON stock_goodsreceipt
    FOR EACH ROW EXECUTE FUNCTION stock_header_kept();
CREATE TRIGGER stock_wholesaleinvoice_kept BEFORE UPDATE OR DELETE ON stock_wholesaleinvoice
    FOR EACH ROW EXECUTE FUNCTION stock_header_kept();
