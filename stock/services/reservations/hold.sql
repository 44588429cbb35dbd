-- Hold `after` instead of `before` for a reservation that the caller has locked: see stock_hold.
SELECT h.short, h.available, h.moved
FROM stock_hold(%(reservation)s, %(warehouse)s, %(before)s::jsonb, %(after)s::jsonb) h
