-- Give one line of a hold up: see stock_give_up. Returns the hold's warehouse, or NULL if nothing was held for the line.
SELECT stock_give_up(%(reservation)s, %(line)s)
