"""How a load goes that a cash server of Artix is told over HTTP: what it says of it, and what that means to us.

The cash server announces that it begins and is answered the id of the load that is on its way, by which it tells all
that follows. That it is ready, and nothing else, moves where the device stands. What it says again, or of an earlier
load, changes nothing; what it says of a load that nobody knows is refused.

Whoever writes a load has locked the row of the device's state.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from exchange.choices import ArtixLoadState, SessionResult
from exchange.models import ArtixLoad, ArtixServer, DeviceState
from exchange.protocols.artix import states
from exchange.services.equipment_service import sessions
from exchange.services.equipment_service.sessions import Told
from exchange.services.transaction_files import outgoing
from retail.exceptions import DomainError

KEPT = timedelta(days=14)
MOST_TILLS = 500
_ON_ITS_WAY = (ArtixLoadState.SENDING, ArtixLoadState.SENT)
FAILURES = {states.ERROR: "not_loaded", states.READY_WITH_ERROR: "loaded_in_part"}


class UnknownLoad(DomainError):
    """No load is on its way to this shop, or none has this id."""

    code = "artix_unknown_load"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("No load of goods for this shop is known by this id."))


def latest(equipment: Iterable[int]) -> dict[int, ArtixLoad]:
    """Return the last load of each of this equipment."""
    found = ArtixLoad.objects.filter(equipment__in=equipment).order_by("equipment", "-pk").distinct("equipment")
    return {load.equipment_id: load for load in found}


def sent(load: ArtixLoad, *, error: str, detail: str, now: datetime, ended: datetime) -> None:
    """Note that a load has been sent, or why not. `now` is when sending it began."""
    with transaction.atomic(durable=True):
        _lock(load.equipment_id)
        found = _load(load.equipment_id, load.uid)
        if found is None or found.state != ArtixLoadState.SENDING:
            return  # The cash server has said what became of it before it answered.
        if error and found.heard_at is None:
            fail(found, error, detail=detail, now=ended)
            return
        # An answer that is lost says nothing where the cash server tells that it is loading.
        found.state, found.heard_at = ArtixLoadState.SENT, ended
        found.save(update_fields=["state", "heard_at"])
        _record(found, "loaddicts", outgoing.summary(found.goods, full=found.full), now=now, ended=ended)


def fail(load: ArtixLoad, error: str, *, now: datetime, detail: str = "", address: str = "") -> None:
    """Note that a load came to nothing; whoever calls has locked it. It is tried again."""
    load.state, load.ended_at, load.error, load.detail = ArtixLoadState.FAILED, now, error, detail[:300]
    load.save(update_fields=["state", "ended_at", "error", "detail"])
    _record(load, "loaddicts", outgoing.summary(load.goods, full=load.full), now=now, error=describe(load),
            address=address)  # fmt: skip


@transaction.atomic
def announced(*, shop: str, status: str, now: datetime, address: str) -> str:
    """Note that a cash server begins with the load on its way, and return the id of it. Raises `UnknownLoad`.

    Told once more when that has ended, the same id is returned and nothing noted.
    """
    equipment = _equipment(shop)
    load = latest([equipment]).get(equipment)
    if load is None:
        raise UnknownLoad
    if load.state in _ON_ITS_WAY:
        _apply(load, status, now, address)
    return load.uid


@transaction.atomic
def told(*, shop: str, uid: str, status: str, now: datetime, address: str) -> str:
    """Note what a cash server says of a load, and return its id. Raises `UnknownLoad`."""
    load = _load(_equipment(shop), uid)
    if load is None:
        raise UnknownLoad
    _apply(load, status, now, address)
    return load.uid


@transaction.atomic
def told_of_till(*, shop: str, uid: str, till: str, status: str, now: datetime, address: str) -> str:
    """Note what a cash server says of a till that gets a load from it. Raises `UnknownLoad`."""
    load = _load(_equipment(shop), uid)
    if load is None:
        raise UnknownLoad
    if load.tills.get(till[:50]) != status and (till[:50] in load.tills or len(load.tills) < MOST_TILLS):
        load.tills[till[:50]] = status
        load.save(update_fields=["tills"])
        if status in FAILURES:
            said = _("Till %(till)s has not loaded its goods: %(status)s.") % {"till": till[:50], "status": status}
            _record(load, "cashLoad", "", now=now, error=said, address=address)
    return load.uid


def describe(load: ArtixLoad) -> str:
    """Return in words why a load failed."""
    said = {
        "interrupted": _("It was interrupted while it was being sent."),
        "not_confirmed": _("The cash server has taken it, and has said nothing for half an hour."),
        "refused": _("The cash server has refused it: %(detail)s"),
        "bad_address": _("The address is not to be asked: %(detail)s"),
        "not_reached": _("The cash server was not reached: %(detail)s"),
        "not_loaded": _("The cash server could not load it."),
        "loaded_in_part": _("The cash server has loaded it with errors."),
    }.get(load.error, load.error)
    return said % {"detail": load.detail} if "%(" in said else said


def forget_old(*, now: datetime) -> int:
    """Forget loads of long ago, but for the last one of each. Returns how many."""
    kept = [load.pk for load in latest(ArtixServer.objects.values_list("equipment", flat=True)).values()]
    return ArtixLoad.objects.filter(began_at__lt=now - KEPT).exclude(pk__in=kept).delete()[0]


def _equipment(shop: str) -> int:
    """Return whose a shop code is, and lock where that stands. Raises `UnknownLoad`."""
    found = ArtixServer.objects.filter(shop_code=shop).values_list("equipment", flat=True).first()
    if found is None:
        raise UnknownLoad
    _lock(found)
    return found


def _lock(equipment: int) -> None:
    DeviceState.objects.select_for_update().filter(equipment=equipment).first()


def _load(equipment: int, uid: str) -> ArtixLoad | None:
    return ArtixLoad.objects.filter(equipment=equipment, uid=uid).first()


def _apply(load: ArtixLoad, status: str, now: datetime, address: str) -> None:
    """Let a load be where the cash server says it is. One that is loaded, or that another has followed, stays so."""
    is_latest = not ArtixLoad.objects.filter(equipment=load.equipment_id, pk__gt=load.pk).exists()
    if load.state == ArtixLoadState.LOADED or not is_latest:
        return
    if status == states.READY:
        _loaded(load, status, now, address)
    elif load.state in _ON_ITS_WAY:
        load.status, load.heard_at = status, now
        load.save(update_fields=["status", "heard_at"])
        if status in FAILURES:
            fail(load, FAILURES[status], now=now, address=address)


def _loaded(load: ArtixLoad, status: str, now: datetime, address: str) -> None:
    load.state, load.status, load.heard_at, load.ended_at = ArtixLoadState.LOADED, status, now, now
    load.error = load.detail = ""
    load.save(update_fields=["state", "status", "heard_at", "ended_at", "error", "detail"])
    state = DeviceState.objects.get(equipment=load.equipment_id)
    state.position, state.load, state.pending, state.confirmed_at = load.position, load.load, None, now
    state.save(update_fields=["position", "load", "pending", "confirmed_at"])
    _record(load, "backOfficeState", _("The cash server has loaded its goods."), now=now, address=address)


def _record(
    load: ArtixLoad,
    operation: str,
    summary: str,
    *,
    now: datetime,
    ended: datetime | None = None,
    error: str = "",
    address: str = "",
) -> None:
    said = Told(operation=operation, equipment=load.equipment, summary=summary, error=error)
    said.result = SessionResult.FAILED if error else SessionResult.DONE
    sessions.record(told=said, asked=b"", answered=b"", by=None, address=address, began=now, ended=ended or now)
