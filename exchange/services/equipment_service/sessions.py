"""The log of exchange: each call as it went, and what of it is kept for how long."""

import zlib
from datetime import datetime, timedelta
from ipaddress import ip_address

import msgspec
from django.conf import settings
from django.contrib.auth.models import User

from exchange.choices import SessionResult
from exchange.models import Equipment, ExchangeSession
from retail.services.partitions import Monthly, month_after

LONGEST_KEPT = 64 * 1024 * 1024  # bytes of an envelope that are kept at all
IDLE = timedelta(minutes=10)
LOG = Monthly("exchange_exchangesession", "began_at")
AT_ONCE = 2000  # rows in a statement


class Told(msgspec.Struct):
    """What is known of a call when it ends; whoever serves it fills it in."""

    operation: str = ""
    device_id: str = ""
    equipment: Equipment | None = None
    result: SessionResult = SessionResult.DONE
    summary: str = ""
    error: str = ""
    shifts: list[int] = []
    document: int | None = None
    is_idle: bool = False


def record(
    *, told: Told, asked: bytes, answered: bytes, by: User | None, address: str, began: datetime, ended: datetime
) -> ExchangeSession:
    """Write a call into the log, and return its row.

    Of one that only asked whether there is anything yet no bodies are kept; and while it goes on asking, no other row.
    """
    if told.is_idle and (same := _last(told, since=began - IDLE)) is not None:
        return same
    keeps = not told.is_idle and settings.EXCHANGE_LOG_DAYS > 0
    return ExchangeSession.objects.create(
        equipment=told.equipment,
        device_id=_fit(told.device_id, 36),
        operation=told.operation[:30],
        user=by,
        address=_address(address),
        began_at=began,
        milliseconds=max(0, round((ended - began) / timedelta(milliseconds=1))),
        bytes_in=len(asked),
        bytes_out=len(answered),
        result=told.result,
        summary=_fit(told.summary, 4000),
        error=_fit(told.error, 4000),
        shifts=told.shifts,
        document_id=told.document,
        asked=_packed(asked) if keeps else None,
        answered=_packed(answered) if keeps else None,
    )


def _last(told: Told, *, since: datetime) -> ExchangeSession | None:
    """Return the last call of the device, if that was the same question and was answered in the same way."""
    last = ExchangeSession.objects.filter(equipment=told.equipment, began_at__gte=since).order_by("-pk").first()
    alike = last is not None and (last.operation, last.summary) == (told.operation, told.summary)
    return last if alike else None


def unpacked(kept: bytes | memoryview | None) -> bytes | None:
    """Return an envelope as it went; None once it is forgotten."""
    return None if kept is None else zlib.decompress(bytes(kept))


def forget_bodies(*, now: datetime) -> int:
    """Forget what went over the wire longer ago than it is kept. Returns of how many calls."""
    old = ExchangeSession.objects.with_bodies().filter(began_at__lt=now - timedelta(days=settings.EXCHANGE_LOG_DAYS))
    forgotten = 0
    while chosen := list(old.order_by("began_at").values_list("pk", flat=True)[:AT_ONCE]):
        forgotten += ExchangeSession.objects.filter(pk__in=chosen).update(asked=None, answered=None)
    return forgotten


def forget_rows(*, now: datetime) -> int:
    """Forget whole months of calls that are kept no longer. Returns how many there were."""
    before = forgotten_before(now=now)
    forgotten = LOG.drop(before=before)
    # What lies in the first partition, with all that is of before there were partitions, or in the default one.
    old = ExchangeSession.objects.filter(began_at__lt=before)
    while chosen := list(old.order_by("began_at").values_list("pk", flat=True)[:AT_ONCE]):
        forgotten += ExchangeSession.objects.filter(pk__in=chosen).delete()[0]
    return forgotten


def forgotten_before(*, now: datetime) -> datetime:
    """Return the beginning of the first month of which calls are kept."""
    return month_after(now - timedelta(days=settings.EXCHANGE_LOG_ROWS_DAYS))


def _packed(envelope: bytes) -> bytes | None:
    return zlib.compress(envelope, 1) if len(envelope) <= LONGEST_KEPT else None


def _fit(said: str, limit: int) -> str:
    return said.replace("\x00", "")[:limit].encode(errors="replace").decode()


def _address(said: str) -> str | None:
    try:
        return str(ip_address(said))
    except ValueError:
        return None
