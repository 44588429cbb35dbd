-- Bring statuses up to what was noticed. Of two processes that noticed the same register the one that writes last may
-- have seen it first: then its counters count only where they are ahead. A full load begins both feeds anew: what was taken
-- before it counts nothing after it. A program that names itself differently from
-- what the register was paired with does not replace that name. Rows are locked in order, so writers cannot deadlock.
WITH note AS MATERIALIZED (
    SELECT *
    FROM unnest(
        %(register_id)s::bigint[], %(last_seen)s::timestamptz[], %(address)s::inet[],
        %(software)s::text[], %(version)s::text[], %(load)s::bigint[],
        %(goods_sent)s::bigint[], %(goods_acknowledged)s::bigint[],
        %(stock_sent)s::bigint[], %(stock_acknowledged)s::bigint[],
        %(last_transaction_number)s::bigint[]
    ) AS given (
        register_id, last_seen, address, software, version, load,
        goods_sent, goods_acknowledged, stock_sent, stock_acknowledged, last_transaction_number
    )
), held AS MATERIALIZED (
    SELECT register_id
    FROM registers_registerstatus
    WHERE register_id = ANY (%(register_id)s)
    ORDER BY register_id
    FOR UPDATE
)
UPDATE registers_registerstatus AS status
SET last_seen = greatest(note.last_seen, status.last_seen),
    address = coalesce(note.address, status.address),
    software = CASE WHEN status.software = '' THEN coalesce(note.software, '') ELSE status.software END,
    version = CASE WHEN status.software IN ('', coalesce(note.software, status.software))
        THEN coalesce(note.version, status.version) ELSE status.version END,
    load = greatest(note.load, status.load),
    goods_sent = CASE WHEN note.load > status.load THEN coalesce(note.goods_sent, 0)
        WHEN note.load < status.load THEN status.goods_sent
        WHEN note.last_seen < status.last_seen THEN greatest(note.goods_sent, status.goods_sent)
        ELSE coalesce(note.goods_sent, status.goods_sent) END,
    goods_acknowledged = CASE WHEN note.load > status.load THEN coalesce(note.goods_acknowledged, 0)
        WHEN note.load < status.load THEN status.goods_acknowledged
        WHEN note.last_seen < status.last_seen THEN greatest(note.goods_acknowledged, status.goods_acknowledged)
        ELSE coalesce(note.goods_acknowledged, status.goods_acknowledged) END,
    stock_sent = CASE WHEN note.load > status.load THEN coalesce(note.stock_sent, 0)
        WHEN note.load < status.load THEN status.stock_sent
        WHEN note.last_seen < status.last_seen THEN greatest(note.stock_sent, status.stock_sent)
        ELSE coalesce(note.stock_sent, status.stock_sent) END,
    stock_acknowledged = CASE WHEN note.load > status.load THEN coalesce(note.stock_acknowledged, 0)
        WHEN note.load < status.load THEN status.stock_acknowledged
        WHEN note.last_seen < status.last_seen THEN greatest(note.stock_acknowledged, status.stock_acknowledged)
        ELSE coalesce(note.stock_acknowledged, status.stock_acknowledged) END,
    last_transaction_number = CASE WHEN note.last_seen < status.last_seen
        THEN greatest(note.last_transaction_number, status.last_transaction_number)
        ELSE coalesce(note.last_transaction_number, status.last_transaction_number) END
FROM held
JOIN note USING (register_id)
WHERE status.register_id = held.register_id
