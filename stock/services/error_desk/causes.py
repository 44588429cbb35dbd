"""What waits on the error desk, counted and grouped by cause. The desk is small beside the journal and indexed."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from registers.choices import TransactionState
from registers.models import KkmTransaction, TransactionConflict

COUNTED = 1000

# A transaction with two problems waits for both and is counted under each.
_CAUSES = """
    SELECT p.problem->>'code' AS code, count(DISTINCT t.id), count(DISTINCT t.register_id),
           min(t.received_at), max(t.received_at)
    FROM registers_kkmtransaction t
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(t.problems) WHEN 'array' THEN t.problems ELSE '[]' END
    ) AS p(problem)
    WHERE t.state = %s AND p.problem->>'code' IS NOT NULL
    GROUP BY 1
    ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True)
class Cause:
    """One code of a problem: how many transactions and registers it concerns, and when the first and last came."""

    code: str
    transactions: int
    registers: int
    oldest: datetime
    latest: datetime


def causes(*, state: str = TransactionState.ERROR_DESK) -> list[Cause]:
    """Return what transactions in the state wait for, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_CAUSES, [state])
        return [Cause(*row) for row in cursor.fetchall()]


def waiting() -> int:
    """Count the transactions that wait, no further than `COUNTED`."""
    return KkmTransaction.objects.filter(state=TransactionState.ERROR_DESK)[:COUNTED].count()


def open_conflicts() -> int:
    """Count the conflicts that nobody has settled, no further than `COUNTED`."""
    return TransactionConflict.objects.open()[:COUNTED].count()
