-- The least that cards can be: a figure on the card, lots that are taken the earliest end first, an entry for each change.
CREATE TABLE card(id bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0 CHECK(balance>=0), version bigint NOT NULL DEFAULT 0) WITH (fillfactor=85);
CREATE TABLE lot(id bigserial PRIMARY KEY, card_id bigint NOT NULL, amount bigint NOT NULL, remaining bigint NOT NULL CHECK(remaining>=0 AND remaining<=amount), active_at timestamptz, expires_at timestamptz) WITH (fillfactor=85);
CREATE TABLE bop(op_id uuid PRIMARY KEY, card_id bigint, kind smallint, amount bigint, result jsonb, created timestamptz default now());
CREATE TABLE entry(id bigserial PRIMARY KEY, card_id bigint, lot_id bigint, delta bigint, doc_id bigint, created timestamptz default now());
CREATE TABLE doc(id bigserial PRIMARY KEY, run_date date, chunk int, kind smallint, n bigint, total bigint, UNIQUE(run_date,kind,chunk));
CREATE TABLE doc_line(doc_id bigint, card_id bigint, amount bigint);
CREATE TABLE deferred(id bigserial, card_id bigint, amount bigint, due date, state smallint default 0);
CREATE TABLE scale AS SELECT {cards} AS cards;
INSERT INTO card SELECT i, 0, 0 FROM generate_series(1, {cards}) i;
INSERT INTO lot(card_id,amount,remaining,active_at,expires_at)
SELECT 1 + (random() * ({cards} - 1))::int, 1000000000, 1000000000, now() - interval '10 d', now() + (1 + random() * 365) * interval '1 day'
FROM generate_series(1, 3 * {cards}) i;
CREATE INDEX lot_fifo ON lot(card_id, expires_at, id) WHERE remaining>0;
CREATE INDEX lot_exp ON lot(expires_at) WHERE remaining>0;
UPDATE card c SET balance=s.b FROM (SELECT card_id, sum(remaining) b FROM lot GROUP BY 1) s WHERE s.card_id=c.id;
INSERT INTO deferred(card_id,amount,due) SELECT 1 + (random() * ({cards} - 1))::int, (random() * 500)::int + 1, current_date
FROM generate_series(1, 2 * {cards}) i;
CREATE INDEX deferred_due ON deferred(due, card_id) WHERE state=0;

CREATE FUNCTION redeem(p_op uuid, p_card bigint, p_amt bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_left bigint := p_amt; v_bal bigint; r record; v_take bigint;
BEGIN
 INSERT INTO bop(op_id,card_id,kind,amount) VALUES(p_op,p_card,2,p_amt) ON CONFLICT DO NOTHING;
 IF NOT FOUND THEN RETURN -2; END IF;
 UPDATE card SET balance=balance-p_amt, version=version+1 WHERE id=p_card AND balance>=p_amt RETURNING balance INTO v_bal;
 IF NOT FOUND THEN RETURN -1; END IF;
 FOR r IN SELECT id,remaining FROM lot WHERE card_id=p_card AND remaining>0 AND expires_at>now() ORDER BY expires_at,id LOOP
   v_take := least(r.remaining,v_left);
   UPDATE lot SET remaining=remaining-v_take WHERE id=r.id;
   INSERT INTO entry(card_id,lot_id,delta) VALUES(p_card,r.id,-v_take);
   v_left := v_left-v_take; EXIT WHEN v_left=0;
 END LOOP;
 RETURN v_bal;
END $$;

-- Everything deferred that is due becomes a lot, an entry, a line of a document and a part of the card's figure.
CREATE PROCEDURE nightly(p_chunk int, p_max int) LANGUAGE plpgsql AS $$
DECLARE v_lo int := 0; v_doc bigint;
BEGIN
 WHILE v_lo < p_max LOOP
  INSERT INTO doc(run_date,chunk,kind) VALUES(current_date, v_lo/p_chunk, 1) ON CONFLICT DO NOTHING RETURNING id INTO v_doc;
  IF v_doc IS NOT NULL THEN
   WITH d AS (UPDATE deferred SET state=1 WHERE state=0 AND due<=current_date AND card_id>v_lo AND card_id<=v_lo+p_chunk RETURNING card_id, amount),
   a AS (SELECT card_id, sum(amount) amt FROM d GROUP BY card_id),
   l AS (INSERT INTO lot(card_id,amount,remaining,active_at,expires_at) SELECT card_id,amt,amt,now(),now()+interval '365 d' FROM a RETURNING id,card_id,amount),
   e AS (INSERT INTO entry(card_id,lot_id,delta,doc_id) SELECT card_id,id,amount,v_doc FROM l),
   x AS (INSERT INTO doc_line SELECT v_doc,card_id,amount FROM l),
   c AS (UPDATE card SET balance=balance+a.amt, version=version+1 FROM a WHERE card.id=a.card_id RETURNING a.amt)
   UPDATE doc SET n=(SELECT count(*) FROM c), total=(SELECT sum(amt) FROM c) WHERE id=v_doc;
  END IF;
  COMMIT; v_lo := v_lo+p_chunk; v_doc:=NULL;
 END LOOP;
END $$;
