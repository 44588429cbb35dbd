"""Штрих-М: Кассир, Кассир miniPOS: text files, one transaction of a till in a line, fields between semicolons.

`rows` reads a line, `report` puts the lines of a receipt together, `receipts` makes a receipt of them, and `messages`
an entry of the journal; `goods` writes what a till is to load. A line is numbered, a receipt is known by the number
and the time of the line that closes it.
"""
