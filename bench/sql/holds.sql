-- What a hold of several lines costs at the least: a head, its lines, and the rows of stock in one order.
CREATE TABLE rhead(id uuid PRIMARY KEY, wh int NOT NULL, state smallint NOT NULL DEFAULT 0, req_hash bytea, expires_at timestamptz NOT NULL);
CREATE INDEX rhead_exp ON rhead(expires_at) WHERE state=0;
CREATE TABLE rline(id uuid, item int, qty bigint, PRIMARY KEY(id,item));
CREATE FUNCTION reserve_many(p_id uuid,p_wh int,p_it int[],p_q bigint[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n int; m int;
BEGIN
 INSERT INTO rhead(id,wh,expires_at) VALUES(p_id,p_wh,clock_timestamp()+interval '10 min') ON CONFLICT DO NOTHING;
 IF NOT FOUND THEN RETURN 'exists'; END IF;
 INSERT INTO rline SELECT p_id,it,sum(q) FROM unnest(p_it,p_q) u(it,q) GROUP BY it; GET DIAGNOSTICS n=ROW_COUNT;
 PERFORM 1 FROM stock WHERE wh=p_wh AND item=ANY(p_it) ORDER BY item FOR NO KEY UPDATE;
 UPDATE stock s SET reserved=reserved+l.qty FROM rline l WHERE l.id=p_id AND s.wh=p_wh AND s.item=l.item AND s.qty-s.reserved>=l.qty;
 GET DIAGNOSTICS m=ROW_COUNT;
 IF m<>n THEN RAISE EXCEPTION 'insufficient' USING ERRCODE='P0001'; END IF;
 RETURN 'ok';
END $$;
