-- What ought to have been done by now: how much of each is not, in the order of `work.STUCK`.
SELECT (SELECT count(*) FROM stock_reservation WHERE state = 'open' AND expires_at < at.now - interval '5 minutes'),
       (
           SELECT count(*) FROM exchange_transactionfile
           WHERE state IN ('waiting', 'loading') AND came_at < at.now - interval '30 minutes'
       ),
       (
           SELECT count(*) FROM exchange_pricetransfer
           WHERE state IN ('new', 'building') AND coalesce(claimed_at, created_at) < at.now - interval '15 minutes'
       ),
       (
           SELECT count(*)
           FROM registers_unbilledtransaction u
           JOIN registers_kkmtransaction t ON t.id = u.transaction_id
           WHERE t.received_at < at.now - interval '10 minutes' AND (SELECT discount_cards FROM retail_constants)
       ),
       (SELECT count(*) FROM billing_nightrun WHERE state = 'running' AND started_at < at.now - interval '3 hours'),
       (SELECT coalesce(sum(failed), 0)::int FROM billing_nightrun WHERE date >= at.now::date - 1),
       (SELECT count(*) FROM exchange_ukm5unclaimed WHERE claimed_at IS NULL),
       (SELECT count(*) FROM billing_waitingrecord WHERE state = 'waiting')
FROM (SELECT %(now)s::timestamptz AS now) AS at
