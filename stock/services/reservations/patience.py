"""The cashier's path: short limits, one quick retry, and then the truth.

A cashier would rather hear that nobody can say than wait. No lock is waited for longer than a second (`lock_timeout` of
the functions in stock/migrations/0015_holding.sql), and no statement runs longer than two.
"""

from typing import Any

from django.db import OperationalError, connection

from retail.services.statements import Statement
from stock.services.reservations.refusals import StockControlUnavailable

ATTEMPTS = 2
PATIENCE = 2.0  # seconds


def run(statement: Statement, **params: Any) -> list[tuple[Any, ...]]:
    """Run a statement, once more if it could not be done in time, and then no more.

    Raises `StockControlUnavailable`; inside a transaction at once, for the first failure has spoilt it.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return statement.rows_within(PATIENCE, **params)
        except OperationalError as error:
            if attempt == ATTEMPTS or connection.in_atomic_block:
                raise StockControlUnavailable from error
    raise AssertionError("unreachable")
