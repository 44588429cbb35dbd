"""Small counts beside lines of the menu: what waits for a person."""

from django.http import HttpRequest

from exchange.models import Alert, Ukm5Unclaimed

COUNTED = 100


def unclaimed(request: HttpRequest) -> str:
    """Return how many messages of УКМ 5 wait for their till; nothing when none does."""
    return _shown(Ukm5Unclaimed.objects.waiting()[:COUNTED].count())


def alerts(request: HttpRequest) -> str:
    """Return how many alerts are open that nobody has acknowledged; nothing when none is."""
    return _shown(Alert.objects.unseen()[:COUNTED].count())


def _shown(count: int) -> str:
    if count >= COUNTED:
        return f"{COUNTED - 1}+"
    return str(count) if count else ""
