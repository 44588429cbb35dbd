"""How the registers of the chain are, all together: who is heard, who is behind, what programs they run.

A register says how far it has taken a feed when it asks for more. A feed keeps no time of a change that another has
replaced, so that being behind is told in changes and not in minutes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Subquery

from registers.models import Register
from registers.services.hearing import since
from retail.models import Catalogue

MANY = 100  # changes; fewer are on their way to every till of a busy warehouse


@dataclass
class Fleet:
    """So many registers of each presence, and of those that are heard so many that are `behind`, the last of them by
    `changes`; `longest` is when the one that is silent longest was heard. From so many `unfetched` ones sales could not
    be fetched when that was tried last. `programs` are (name, version, registers)."""

    online: int = 0
    silent: int = 0
    unpaired: int = 0
    inactive: int = 0
    behind: int = 0
    unfetched: int = 0
    changes: int = 0
    longest: datetime | None = None
    programs: list[tuple[str, str, int]] = field(default_factory=list)


def lagging(*, now: datetime) -> Q:
    """Tell the registers that are heard and have not taken `MANY` changes of stock or goods, or more.

    One that has never asked for a feed does not live by it, and lags behind nothing.
    """
    stock = Q(status__stock_sent__gt=0, warehouse__feed__revision__gte=F("status__stock_acknowledged") + MANY)
    goods = Q(status__goods_sent__gt=0, status__goods_acknowledged__lte=_catalogue() - MANY)
    return Q(active=True, status__last_seen__gte=since(now=now)) & (stock | goods)


def state(*, now: datetime) -> Fleet:
    """Count the registers, in one statement."""
    found = Fleet()
    for row in _by_program(now):
        for name in ("online", "silent", "unpaired", "inactive", "behind", "unfetched"):
            setattr(found, name, getattr(found, name) + row[name])
        found.changes = max(found.changes, row["stock_changes"] or 0, row["goods_changes"] or 0)
        found.longest = min(filter(None, (found.longest, row["heard"])), default=None)
        if row["registers"] and row["status__software"]:
            found.programs.append((row["status__software"], row["status__version"], row["registers"]))
    found.programs.sort(key=lambda program: (-program[2], program[:2]))
    return found


def _by_program(now: datetime) -> Iterable[Any]:
    heard = since(now=now)
    active, behind = Q(active=True), lagging(now=now)
    silent = active & Q(status__last_seen__lt=heard)
    return (
        Register.objects.order_by()
        .values("status__software", "status__version")
        .annotate(
            registers=Count("pk", filter=active),
            online=Count("pk", filter=active & Q(status__last_seen__gte=heard)),
            silent=Count("pk", filter=silent),
            unpaired=Count("pk", filter=active & Q(status__last_seen=None)),
            inactive=Count("pk", filter=Q(active=False)),
            behind=Count("pk", filter=behind),
            unfetched=Count("pk", filter=active & Q(upload__failures__gt=0)),
            heard=Min("status__last_seen", filter=silent),
            stock_changes=Max(
                F("warehouse__feed__revision") - F("status__stock_acknowledged"),
                filter=behind & Q(status__stock_sent__gt=0),
            ),
            goods_changes=Max(
                _catalogue() - F("status__goods_acknowledged"), filter=behind & Q(status__goods_sent__gt=0)
            ),
        )
    )


def _catalogue() -> Subquery:
    return Subquery(Catalogue.objects.values("revision")[:1])
