-- Keep other bodies under known keys aside: once per body, moving nothing.
INSERT INTO registers_transactionconflict (transaction_id, raw, body_hash, protocol, received_at)
SELECT c.transaction_id, c.raw, c.body_hash, %(protocol)s, %(now)s
FROM unnest(%(transactions)s::bigint[], %(raws)s::bytea[], %(hashes)s::bytea[]) AS c(transaction_id, raw, body_hash)
ORDER BY c.transaction_id, c.body_hash
ON CONFLICT DO NOTHING
