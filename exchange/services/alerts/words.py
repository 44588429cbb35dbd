"""What alerts say, in the language in which it is asked."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext

from exchange.choices import AlertKind
from exchange.models import Alert


def told(alert: Alert) -> str:
    """Return in a sentence what is wrong."""
    return SAYINGS[AlertKind(alert.rule.kind)](alert.params)


def _silent(params: dict[str, Any]) -> str:
    said = gettext("Register %(register)s (%(shop)s) has not been heard since %(time)s.")
    return said % {"register": params["register"], "shop": params["shop"], "time": _moment(params["since"])}


def _behind(params: dict[str, Any]) -> str:
    said = ngettext(
        "Register %(register)s (%(shop)s) has not taken %(count)s change.",
        "Register %(register)s (%(shop)s) has not taken %(count)s changes.",
        params["count"],
    )
    return said % {"register": params["register"], "shop": params["shop"], "count": _number(params["count"])}


def _late(params: dict[str, Any]) -> str:
    said = ngettext(
        "%(count)s receipt is in no document, since %(time)s.",
        "%(count)s receipts are in no document, the first of them since %(time)s.",
        params["count"],
    )
    return said % {"count": _number(params["count"]), "time": _moment(params["since"])}


def _discrepancy(params: dict[str, Any]) -> str:
    said = ngettext(
        "%(count)s figure differs in the Z-report of shift %(shift)s, register %(register)s (%(shop)s).",
        "%(count)s figures differ in the Z-report of shift %(shift)s, register %(register)s (%(shop)s).",
        params["count"],
    )
    return said % {**params, "count": _number(params["count"])}


def _desk(params: dict[str, Any]) -> str:
    said = ngettext(
        "%(count)s transaction waits on the error desk; came within the last hour: %(lately)s.",
        "%(count)s transactions wait on the error desk; came within the last hour: %(lately)s.",
        params["count"],
    )
    return said % {"count": _number(params["count"]), "lately": _number(params["lately"])}


def _night(params: dict[str, Any]) -> str:
    day = date_format(date.fromisoformat(params["date"]), "SHORT_DATE_FORMAT")
    if params["since"]:
        said = gettext("The night of cards of %(date)s began at %(time)s and is not done.")
        return said % {"date": day, "time": _moment(params["since"])}
    said = ngettext(
        "The night of cards of %(date)s has left %(count)s card out.",
        "The night of cards of %(date)s has left %(count)s cards out.",
        params["failed"],
    )
    return said % {"date": day, "count": _number(params["failed"])}


SAYINGS = {
    AlertKind.SILENT: _silent,
    AlertKind.BEHIND: _behind,
    AlertKind.LATE: _late,
    AlertKind.DISCREPANCY: _discrepancy,
    AlertKind.DESK: _desk,
    AlertKind.NIGHT: _night,
}


def _moment(iso: str) -> str:
    local = timezone.localtime(datetime.fromisoformat(iso))
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {date_format(local, 'H:i')}"


def _number(count: int) -> str:
    return str(number_format(count, force_grouping=True))
