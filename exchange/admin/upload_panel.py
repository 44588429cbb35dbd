"""What the page of a register shows of its per-receipt upload: how it goes, and the latest visits."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from exchange.choices import Circuit, UploadMode
from exchange.models import UploadFetch, UploadSource
from exchange.services.uploads import words
from registers.admin.facts import badge, here
from retail.admin.base import NOTHING

COLOURS = {Circuit.CLOSED: "success", Circuit.OPEN: "danger", Circuit.HALF_OPEN: "warning"}
SHOWN = 10


def of(request: HttpRequest, source: UploadSource, *, now: datetime) -> dict[str, Any]:
    """Gather what the panel shows; costs one statement beside the row itself."""
    circuit = source.circuit(now=now)
    failing = circuit == Circuit.CLOSED and source.failures > 0
    fetches = UploadFetch.objects.filter(source=source).order_by("-began_at")[:SHOWN]
    return {
        "mode": _mode(source),
        "address": source.address,
        "links": _links(request, source),
        "circuit": badge(circuit.label, "warning" if failing else COLOURS[circuit]),
        "retry": here(source.retry_at) if source.retry_at and source.retry_at > now else "",
        "last_tell": here(source.last_tell_at) if source.last_tell_at else NOTHING,
        "last_fetch": here(source.last_fetched_at) if source.last_fetched_at else NOTHING,
        "now": _now(source, now),
        "lag": _lag(source, now),
        "behind": bool(source.outstanding),
        "error": words.failure(source.last_error, source.last_error_detail) if source.last_error else "",
        "failures": source.failures,
        "fetches": [_row(fetch) for fetch in fetches],
    }


def _links(request: HttpRequest, source: UploadSource) -> list[dict[str, Any]]:
    """Lead to what may be done, as far as the person may: the head of the page is full of other things."""
    shown = [
        (_("Fetch now"), "sync", "fetch_upload", "exchange.fetch_uploadsource"),
        (_("Hook for scripts"), "webhook", "make_upload_hook", "exchange.change_uploadsource"),
    ]
    return [
        {"title": title, "icon": icon, "url": reverse(f"admin:registers_register_{name}", args=[source.register_id])}
        for title, icon, name, permission in shown
        if request.user.has_perm(permission)
    ]


def _mode(source: UploadSource) -> str:
    if source.mode != UploadMode.INTERVAL:
        return str(source.get_mode_display())
    every = ngettext("Every %(count)d minute", "Every %(count)d minutes", source.minutes)
    return every % {"count": source.minutes}


def _now(source: UploadSource, now: datetime) -> str:
    """Say what is to come: a visit under way, or when the next one is due."""
    if source.claimed_until and source.claimed_until > now:
        return gettext("Being fetched now")
    if source.due_at <= now:
        return gettext("Waiting to be fetched")
    return gettext("Next by the clock: %(time)s") % {"time": here(source.due_at)}


def _lag(source: UploadSource, now: datetime) -> str:
    """Say how far behind what the register told we are."""
    if not source.outstanding or source.behind_since is None:
        return gettext("Everything told of is fetched")
    said = ngettext("%(count)s tell, for %(time)s", "%(count)s tells, for %(time)s", source.outstanding)
    is_new = now - source.behind_since < timedelta(minutes=1)
    since = gettext("less than a minute") if is_new else timesince(source.behind_since, now, depth=1)
    return said % {"count": number_format(source.outstanding, force_grouping=True), "time": since}


def _row(fetch: UploadFetch) -> dict[str, Any]:
    return {
        "began": here(fetch.began_at),
        "why": fetch.get_reason_display(),
        "accepted": fetch.accepted,
        "duplicate": fetch.duplicate,
        "desk": fetch.error_desk,
        "conflict": fetch.conflict,
        "seconds": number_format(fetch.milliseconds / 1000, decimal_pos=2),
        "error": words.failure(fetch.error, fetch.error_detail) if fetch.error else "",
    }
