"""Small counts beside lines of the menu: what waits for a person. All of them are one statement of a page."""

from collections import Counter
from typing import Any

from django.db.models import QuerySet, Value
from django.http import HttpRequest

from exchange.models import Alert, Ukm5Unclaimed

COUNTED = 100
_KEPT = "_exchange_badges"


def unclaimed(request: HttpRequest) -> str:
    """Return how many messages of УКМ 5 wait for their till; nothing when none does."""
    return _shown(request, "unclaimed")


def alerts(request: HttpRequest) -> str:
    """Return how many alerts are open that nobody has acknowledged; nothing when none is."""
    return _shown(request, "alerts")


def _shown(request: HttpRequest, what: str) -> str:
    counts = getattr(request, _KEPT, None)
    if counts is None:
        counts = _counted()
        setattr(request, _KEPT, counts)
    count = counts[what]
    if count >= COUNTED:
        return f"{COUNTED - 1}+"
    return str(count) if count else ""


def _counted() -> Counter[str]:
    """Count no further than is shown."""
    waiting, unseen = _named("unclaimed", Ukm5Unclaimed.objects.waiting()), _named("alerts", Alert.objects.unseen())
    return Counter(what for (what,) in waiting.union(unseen, all=True))


def _named(what: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    named: QuerySet[Any, Any] = rows.order_by().annotate(what=Value(what)).values_list("what")[:COUNTED]
    return named
