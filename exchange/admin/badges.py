"""Small counts beside lines of the menu: what waits for a person."""

from django.http import HttpRequest

from exchange.models import Ukm5Unclaimed

COUNTED = 100


def unclaimed(request: HttpRequest) -> str:
    """Return how many messages of УКМ 5 wait for their till; nothing when none does."""
    count = Ukm5Unclaimed.objects.waiting()[:COUNTED].count()
    if count >= COUNTED:
        return f"{COUNTED - 1}+"
    return str(count) if count else ""
