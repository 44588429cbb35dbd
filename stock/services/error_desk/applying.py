"""Taking a transaction apart that was recorded before: receipt, lines, payments, shift, `sold`, feed, exactly once.

`apply.sql` is made of the intake's own parts, so that a mended sale cannot come out otherwise than a new one.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import DataError, IntegrityError, transaction

from registers.messages import Entry, Problem
from registers.models import KkmTransaction, Receipt
from retail.services.statements import beside
from stock.services import flattening, intake, wakeups
from stock.services.error_desk.refusals import KeyTaken, StillBroken

_BEGINNING = re.compile(r"^(?:WITH |\), )(?=(\w+) AS (?:MATERIALIZED )?\($)", re.MULTILINE)
_BRACES = re.compile(r"\{(\w+)\}")
_NUMBER_AND_TIME = "registers_kkmtransaction_number_and_time_once_per_register"


@dataclass(frozen=True)
class Applied:
    """What became of a transaction: whether it was taken apart, and what still waits for a person."""

    taken_apart: bool
    problems: list[dict[str, Any]]


def _parts(sql: str) -> dict[str, str]:
    """Cut the intake's statement into what the desk shares with it: reading entries, judging them, taking them apart.

    What stands between, looking up what is known and recording what is new, is the intake's alone, and so is asking
    whose token it is.
    """
    begun = list(_BEGINNING.finditer(sql))
    ends = [found.start() for found in begun[1:]] + [sql.index("\n)\nSELECT")]
    parts = {found.group(1): sql[found.end() : end].rstrip() for found, end in zip(begun, ends, strict=True)}
    names = list(parts)
    fresh, recorded = names.index("fresh"), names.index("recorded")
    shared = {"entry": ["entry"], "judging": names[fresh + 1 : recorded], "taking_apart": names[recorded + 1 :]}
    return {name: "\n), ".join(parts[part] for part in run) for name, run in shared.items()}


APPLY = beside(__file__, "apply.sql")
_SHARED = _parts(intake.INTAKE.sql)
APPLY.sql = _BRACES.sub(lambda found: _SHARED[found.group(1)], APPLY.sql)


def apply(*, recorded: KkmTransaction, entry: Entry, now: datetime) -> Applied:
    """Take apart a transaction whose row the caller has locked, as its body is read now.

    One that is blocked, or whose receipt has come in another transaction, is left as it is. Locks the register's
    shift, what is held for the receipt, then the warehouse's feed. Raises `StillBroken` when the database refuses what
    every check let through, `KeyTaken`.
    """
    found = examine(entry, now=now)
    if entry.transaction is None or any(problem.blocking for problem in found):
        return Applied(taken_apart=False, problems=[flattening.as_stored(problem) for problem in found])
    flat = flattening.flat_of([(0, entry)], [found])
    warehouse_id = _warehouse_id(recorded, shift_number=entry.transaction.shift)
    try:
        with transaction.atomic():
            [(taken_apart, problems, moved)] = APPLY.rows(
                register=recorded.register_id,
                warehouse=warehouse_id,
                entries=flat.entries,
                lines=flat.lines,
                payments=flat.payments,
                transactions=[recorded.pk],
                now=now,
            )
    except IntegrityError as error:
        if _NUMBER_AND_TIME in str(error):
            raise KeyTaken from error
        raise StillBroken([flattening.as_stored(_repeated(entry))]) from error
    except DataError as error:
        raise StillBroken([flattening.as_stored(Problem("unreadable", None, {"path": ""}))]) from error
    if moved:
        transaction.on_commit(partial(wakeups.announce, [warehouse_id]))
    return Applied(taken_apart, intake.decode(problems))


def examine(entry: Entry, *, now: datetime) -> tuple[Problem, ...]:
    """Return what is wrong with an entry, as the intake finds it."""
    return flattening.problems_of(entry, now)


def _repeated(entry: Entry) -> Problem:
    receipt = entry.transaction.receipt if entry.transaction else None
    return Problem("receipt_repeated", "receipt.uid", {"uid": receipt.uid if receipt else ""})


def _warehouse_id(recorded: KkmTransaction, *, shift_number: int) -> int:
    """Return where the register sold from: a neighbour in the shift tells, should the register have moved since."""
    neighbours = Receipt.objects.filter(shift__register=recorded.register_id, shift__number=shift_number)
    before = neighbours.filter(pk__lt=recorded.pk).order_by("-pk")
    after = neighbours.filter(pk__gt=recorded.pk).order_by("pk")
    for found in (before, after):
        if warehouse_id := found.values_list("warehouse_id", flat=True).first():
            return warehouse_id
    return recorded.register.warehouse_id
