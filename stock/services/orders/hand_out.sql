-- Put an order into the feed of its courier's register, or out of it: see stock_hand_out.
SELECT stock_hand_out(%(order)s)
