-- Do one chunk, whose row is locked: begin or end its lots, write entries, figures of cards and the chunk's totals.
SELECT billing_night_chunk(%(chunk)s, %(now)s)
