-- End a hold if it is open: see stock_end_hold. Returns its warehouse, or NULL if somebody was first.
SELECT stock_end_hold(%(reservation)s, %(state)s, %(transaction)s, %(by)s, %(reason)s)
