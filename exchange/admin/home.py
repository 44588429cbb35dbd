"""The first page of the admin: how the day goes, and what waits for somebody.

Each figure leads to the list that it counts, and stands there only for who may see that list. The page asks for its
figures anew every half a minute; all of it is ten statements, those of signing in and of the menu included.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext

from billing.admin import night_shown
from billing.models import NightRun
from billing.services.night import results
from exchange.admin import home_chart
from exchange.services import fleet
from registers.admin.facts import badge, list_url
from registers.admin.filters import Presence
from registers.choices import TransactionKind
from registers.services import problems, turnover
from registers.services.turnover import Turnover
from retail.admin.base import NOTHING
from retail.services import figures
from stock.choices import Agreement
from stock.services import unfinished
from stock.services.unfinished import Unfinished

CAUSES_SHOWN = 8
PROGRAMS_SHOWN = 6
_OF_STOCK = {
    "desk": "stock.view_desktransaction",
    "conflicts": "registers.view_transactionconflict",
    "receipts": "registers.view_receipt",
    "reports": "stock.view_zreport",
    "balances": "stock.view_balance",
}


@dataclass(frozen=True)
class Line:
    """One figure and where it leads; `note` says more of it in small print."""

    title: str
    figure: SafeString | str
    url: str | None
    note: str = ""


@dataclass(frozen=True)
class Card:
    title: str
    icon: str
    lines: Sequence[Line]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the context of the first page what it shows (`DASHBOARD_CALLBACK` of the theme)."""
    return {**context, **_shown(request, now=timezone.now())}


def figures_view(request: HttpRequest) -> HttpResponse:
    """Render the figures alone: the page asks for them as time goes by."""
    return TemplateResponse(request, "exchange/home.html", _shown(request, now=timezone.now()))


def _shown(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    may = request.user.has_perm
    sales = turnover.of_day(now=now) if may("registers.view_receipt") else None
    cards: list[Card] = []
    if may("registers.view_register"):
        cards += _registers(fleet.state(now=now), now)
    seen = {name for name, permission in _OF_STOCK.items() if may(permission)}
    if seen:
        cards += _waiting(unfinished.counted(), seen, now)
    if may("billing.view_nightrun") and (runs := results.last()):
        cards.append(_night(runs))
    return {
        "home": {
            "url": reverse("home-figures"),
            "tiles": _tiles(sales, now) if sales else [],
            "chart": home_chart.of(sales, now=now) if sales else None,
            "cards": [card for card in cards if card.lines],
        }
    }


def _tiles(found: Turnover, now: datetime) -> list[Line]:
    day = timezone.localdate(now)
    every, sold = _receipts(day), _receipts(day, kind__exact=TransactionKind.SALE.value)
    returned = _receipts(day, kind__exact=TransactionKind.RETURN.value)
    today, then = found.today, found.then
    receipts = _against(Decimal(today.receipts), Decimal(then.receipts), places=0)
    average = figures.money(today.average) or NOTHING
    return [
        Line(gettext("Sales less returns today"), _money(today.net), every, _against(today.net, then.net)),
        Line(gettext("Sale receipts today"), _number(today.receipts), sold, receipts),
        Line(gettext("Average receipt"), average, sold, _against(today.average, then.average)),
        Line(gettext("Returned today"), _money(today.returns), returned, _against(today.returns, then.returns)),
    ]


def _receipts(day: date, **filters: str) -> str | None:
    ends = {"occurred_at_from": day.isoformat(), "occurred_at_to": day.isoformat()}
    return list_url("registers.receipt", **filters, **ends)


def _against(figure: Decimal | None, before: Decimal | None, *, places: int = 2) -> str:
    """Say what the figure was a week ago by this time, and by how much it has changed since."""
    if before is None:
        return gettext("A week ago by this time: nothing")
    was = number_format(before, decimal_pos=places, force_grouping=True)
    if not before or figure is None:
        return gettext("A week ago by this time: %(was)s") % {"was": was}
    change = number_format(round(100 * (figure - before) / abs(before)), force_grouping=True)
    sign = "+" if figure > before else ""
    return gettext("A week ago by this time: %(was)s (%(change)s %%)") % {"was": was, "change": f"{sign}{change}"}


def _registers(found: fleet.Fleet, now: datetime) -> list[Card]:
    missed = ngettext("Up to %(count)s change not taken", "Up to %(count)s changes not taken", found.changes)
    lines = [
        _presence(Presence.ONLINE, found.online, "success"),
        _presence(Presence.SILENT, found.silent, "warning", _longest(found.longest, now)),
        Line(
            gettext("Online and behind"),
            _counted(found.behind, "warning"),
            list_url("registers.register", behind="yes"),
            missed % {"count": _number(found.changes)} if found.behind else "",
        ),
        *([_unfetched(found.unfetched)] if found.unfetched else []),
        _presence(Presence.UNPAIRED, found.unpaired, "info"),
        _presence(Presence.INACTIVE, found.inactive, ""),
    ]
    programs = [
        Line(f"{name} {version}".strip(), _number(count), list_url("registers.register", program=f"{name}/{version}"))
        for name, version, count in found.programs[:PROGRAMS_SHOWN]
    ]
    return [
        Card(gettext("Registers"), "point_of_sale", lines),
        Card(gettext("Programs of registers"), "deployed_code", programs),
    ]


def _unfetched(count: int) -> Line:
    return Line(gettext("Upload in error"), _counted(count, "danger"), list_url("registers.register", upload="error"))


def _presence(presence: Presence, count: int, variant: str, note: str = "") -> Line:
    return Line(
        str(presence.label), _counted(count, variant), list_url("registers.register", presence=presence.value), note
    )


def _waiting(found: Unfinished, seen: set[str], now: datetime) -> list[Card]:
    books = [*_unposted(found, now), *_figures_of_stock(found)]
    return [
        Card(gettext("Error desk"), "build", [line for name, line in _desk(found) if name in seen]),
        Card(gettext("Books and stock"), "inventory_2", [line for name, line in books if name in seen]),
    ]


def _desk(found: Unfinished) -> Iterator[tuple[str, Line]]:
    desk = "stock.desktransaction"
    yield "desk", Line(gettext("Waiting for a person"), _counted(found.desk, "danger"), list_url(desk))
    for code, count in list(found.causes.items())[:CAUSES_SHOWN]:
        yield "desk", Line(str(problems.cause(code)), _number(count), list_url(desk, cause=code))
    conflicts = list_url("registers.transactionconflict", settled="no")
    yield "conflicts", Line(gettext("Conflicts not settled"), _counted(found.conflicts, "danger"), conflicts)


def _unposted(found: Unfinished, now: datetime) -> Iterator[tuple[str, Line]]:
    count, url = _counted(found.unposted, "info"), list_url("registers.receipt", posted="no")
    yield "receipts", Line(gettext("Receipts waiting for processing"), count, url, _longest(found.since, now))


def _figures_of_stock(found: Unfinished) -> Iterator[tuple[str, Line]]:
    # A correction of a report is shown as that is: it would be counted twice.
    differing = list_url("stock.zreport", agreement=Agreement.DIFFERS.value, correction="no")
    yield "reports", Line(gettext("Z-reports with differences"), _counted(found.differing, "danger"), differing)
    below = list_url("stock.balance", level="below")
    yield "balances", Line(gettext("Balances below zero"), _counted(found.below, "warning"), below)


def _longest(since: datetime | None, now: datetime) -> str:
    return gettext("The longest: %(time)s") % {"time": timesince(since, now, depth=1)} if since else ""


def _night(runs: list[NightRun]) -> Card:
    title = gettext("Night of cards, %(date)s") % {"date": date_format(runs[0].date, "SHORT_DATE_FORMAT")}
    return Card(title, "bedtime", [_night_line(run) for run in runs])


def _night_line(run: NightRun) -> Line:
    url = reverse("admin:billing_nightrun_change", args=[run.pk])
    return Line(night_shown.kind(run), night_shown.state_badge(run), url, _written(run))


def _written(run: NightRun) -> str:
    """Say what a run has written: how many cards, how many bonuses."""
    document = run.document
    totals = document and (getattr(document, "accrualdocument", None) or getattr(document, "writeoffdocument", None))
    if not totals:
        return ""
    said = ngettext("%(count)s card, bonuses: %(bonuses)s", "%(count)s cards, bonuses: %(bonuses)s", totals.cards)
    return said % {"count": _number(totals.cards), "bonuses": _money(totals.bonuses)}


def _counted(count: int, variant: str) -> SafeString | str:
    """Return a number that stands out when it is not zero."""
    return badge(_number(count), variant) if count else _number(count)


def _number(count: int) -> str:
    return str(number_format(count, force_grouping=True))


def _money(amount: Decimal) -> str:
    return figures.money(amount) or ""
