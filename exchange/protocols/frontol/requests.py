"""Asking Frontol for a report: a file with a command and the days it is for."""

from datetime import date

BY_DATES = "$$$TRANSACTIONSBYDATERANGE"


def by_dates(first: date, last: date) -> bytes:
    """Return the file that asks for the transactions of these days, both included."""
    return f"{BY_DATES}\r\n{first:%d.%m.%Y};{last:%d.%m.%Y}\r\n".encode("ascii")
