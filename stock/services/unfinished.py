"""All that waits for somebody, counted at once: what the first page of the admin shows of it."""

import json
from dataclasses import dataclass
from datetime import datetime

from retail.services.statements import beside

UNFINISHED = beside(__file__, "unfinished.sql", prepared=False)


@dataclass(frozen=True)
class Unfinished:
    """`desk` are transactions that wait for a person, `causes` the same by the code of a problem, the most frequent
    first; `unposted` receipts that no document holds, the oldest of which came at `since`; `differing` Z-reports;
    `below` balances of which less than nothing is left."""

    desk: int
    causes: dict[str, int]
    conflicts: int
    unposted: int
    since: datetime | None
    differing: int
    below: int


def counted() -> Unfinished:
    """Count, in one statement."""
    [(desk, causes, conflicts, unposted, since, differing, below)] = UNFINISHED.rows()
    most_first = sorted(json.loads(causes).items(), key=lambda cause: (-cause[1], cause[0]))
    return Unfinished(desk, dict(most_first), conflicts, unposted, since, differing, below)
