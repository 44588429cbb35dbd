"""Asking a till of Artix for its sales once more: a file with the days they are of."""

from datetime import date

NAME = "sale.req"


def by_dates(first: date, last: date) -> bytes:
    """Return the file that asks for the sales of these days, both included."""
    return f"###\n{first:%d.%m.%Y}-{last:%d.%m.%Y}".encode("ascii")
