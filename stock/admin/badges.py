"""Small counts beside lines of the menu: what waits for a person."""

from django.http import HttpRequest

from stock.services import error_desk
from stock.services.error_desk.causes import COUNTED


def desk(request: HttpRequest) -> str:
    """Return how many transactions wait on the error desk; nothing when none does."""
    return _shown(error_desk.waiting())


def conflicts(request: HttpRequest) -> str:
    """Return how many conflicts nobody has settled; nothing when there are none."""
    return _shown(error_desk.open_conflicts())


def _shown(count: int) -> str:
    if count >= COUNTED:
        return f"{COUNTED - 1}+"
    return str(count) if count else ""
