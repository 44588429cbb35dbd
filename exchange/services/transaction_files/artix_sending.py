"""Goods for cash servers of Artix over HTTP: the commands of an `.aif` file as one list, sent to `loaddicts`.

What is new is written into a file under the lock of the device's state, and noted as a load on its way; sent after the
commit, for it may take minutes. That the cash server has taken it does not say that it has loaded it: that it says
itself, later (`artix_states`). A load of which nothing is heard for long, or that failed, is tried again after a while
that doubles each time. Data is absolute, so what is told again does no harm.
"""

import base64
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import IO
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.db import transaction

from exchange.choices import ArtixLoadState, FileDialect
from exchange.models import ArtixLoad, ArtixServer, Equipment
from exchange.protocols.artix import dictionaries, states
from exchange.services import outside
from exchange.services.outside import Answer, BadAddress, Call, NotReached
from exchange.services.transaction_files import artix_goods, artix_states, outgoing

PATH = "/aifexchange/loaddicts"
WITHIN = 300.0  # seconds: a cash server may take long over a whole list
INTERRUPTED = timedelta(minutes=10)  # Whoever was sending it is dead.
SILENCE = timedelta(minutes=30)  # A cash server that loads says so meanwhile.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)

_log = structlog.get_logger(__name__)


def due(*, now: datetime) -> list[int]:
    """Return the cash servers that may be told something: those that wait, or rest after a failure, are left out."""
    servers = ArtixServer.objects.filter(
        equipment__dialect=FileDialect.ARTIX, equipment__register__active=True, equipment__rule__isnull=False
    )
    latest = artix_states.latest(servers.values_list("equipment", flat=True))
    found = servers.order_by("pk").values_list("pk", "equipment")
    return [pk for pk, equipment in found if _may_go(latest.get(equipment), now)]


def send(*, server_id: int, now: datetime) -> ArtixLoad | None:
    """Tell a cash server what is new for it. Returns the load, None if there is nothing to tell. Raises `OSError`.

    Runs outside a transaction. How it went stands in the load.
    """
    found = ArtixServer.objects.select_related("equipment__rule__warehouse", "equipment__register__shop")
    server = found.filter(pk=server_id).first()
    if server is None or not settings.ARTIX_STATUS_SERVER or not _is_set_up(server.equipment):
        return None
    with tempfile.NamedTemporaryFile(prefix="artix-", suffix=".json") as file:
        with transaction.atomic(durable=True):
            load = _begin(server.equipment, file, now)
        if load is not None:
            _send(server, load, Path(file.name), now)
    return load


def retry_at(load: ArtixLoad) -> datetime | None:
    """Return when a load that failed is tried again; None of any other one."""
    if load.state != ArtixLoadState.FAILED or load.ended_at is None:
        return None
    pause = min(FIRST_PAUSE * 2.0 ** min(load.attempt - 1, 10), LONGEST_PAUSE)
    # By chance, but always the same for one load: not all cash servers at the same moment.
    return load.ended_at + pause * Random(load.uid).uniform(0.75, 1.25)


def _is_set_up(equipment: Equipment) -> bool:
    register = equipment.register
    is_told = equipment.dialect == FileDialect.ARTIX and equipment.rule is not None
    return is_told and register is not None and register.active


def _may_go(latest: ArtixLoad | None, now: datetime) -> bool:
    if latest is None or latest.state == ArtixLoadState.LOADED:
        return True
    if latest.state == ArtixLoadState.FAILED:
        again = retry_at(latest)
        return again is None or again <= now
    return bool(_overdue(latest, now))


def _overdue(load: ArtixLoad, now: datetime) -> str:
    """Return why a load on its way is given up; empty while there is hope."""
    if load.state == ArtixLoadState.SENDING and load.heard_at is None:
        return "interrupted" if now - load.began_at > INTERRUPTED else ""
    return "not_confirmed" if now - (load.heard_at or load.began_at) > SILENCE else ""


def _begin(equipment: Equipment, file: IO[bytes], now: datetime) -> ArtixLoad | None:
    """Write what is new into a file, and note that it is on its way; None if nothing goes now."""
    assert equipment.register is not None  # Looked at by who asks.
    state = outgoing.lock(equipment)
    if state is None or artix_goods.lies_since(equipment) is not None:
        return None  # Files from before it was told over HTTP would be loaded after newer goods.
    before = artix_states.latest([equipment.pk]).get(equipment.pk)
    if before is not None and not _may_go(before, now):
        return None
    if before is not None and (why := _overdue_now(before, now)):
        artix_states.fail(before, why, now=now)
        return None
    news = outgoing.news(equipment, state, now, says_withdrawn=True)
    if news is None:
        return None
    at = now.astimezone(equipment.register.shop.zone)
    file.writelines(dictionaries.in_list(artix_goods.commands(equipment, news, at=at)))
    file.flush()
    failed = before is not None and before.state == ArtixLoadState.FAILED
    return ArtixLoad.objects.create(
        equipment=equipment,
        full=news.full,
        goods=news.count,
        position=news.position,
        load=news.load,
        attempt=before.attempt + 1 if failed and before is not None else 1,
        began_at=now,
    )


def _overdue_now(load: ArtixLoad, now: datetime) -> str:
    is_on_its_way = load.state in (ArtixLoadState.SENDING, ArtixLoadState.SENT)
    return _overdue(load, now) if is_on_its_way else ""


def _send(server: ArtixServer, load: ArtixLoad, file: Path, now: datetime) -> None:
    began, error, detail = time.monotonic(), "", ""
    try:
        answer = _ask(server, load, file)
        if answer.status != 200 or not states.is_taken(answer.content):
            error, detail = "refused", f"{answer.status} {answer.content[:250].decode('utf-8', 'replace')}"
    except BadAddress as refused:
        error, detail = "bad_address", str(refused)
    except NotReached as refused:
        error, detail = "not_reached", str(refused)
    ended = now + timedelta(seconds=time.monotonic() - began)
    artix_states.sent(load, error=error, detail=detail, now=now, ended=ended)
    if error:
        _log.warning("artix_load_failed", equipment=server.equipment_id, load=load.uid, error=error, detail=detail)


def _ask(server: ArtixServer, load: ArtixLoad, file: Path) -> Answer:
    asked = {
        "shopcode": server.shop_code,
        "dictionaryid": load.uid,
        "addressstatusserver": settings.ARTIX_STATUS_SERVER,
    }
    known = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
    return outside.call(
        Call(
            f"{server.address}{PATH}?{urlencode(asked, safe=':')}",
            content=file,
            headers={"Authorization": f"Basic {known}", "Content-Type": "application/json; charset=utf-8"},
            seconds=WITHIN,
            networks=settings.REGISTER_NETWORKS,
        )
    )
