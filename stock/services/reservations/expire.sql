-- Let go of forgotten holds of one warehouse, at most so many: see stock_expire. Returns how many.
SELECT stock_expire(%(warehouse)s, NULL, NULL, %(most)s)
