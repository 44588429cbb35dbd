"""Saved views: what people look at a list for, as tabs above it.

Each is an address of the list with filters of its own; the first one is the whole list. A list that is narrowed
otherwise has no tab chosen.
"""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TODAY = "<today>"  # In place of a date.


class View(NamedTuple):
    title: Any
    filters: dict[str, str]


def _today(field: str) -> dict[str, str]:
    return {f"{field}_from": TODAY, f"{field}_to": TODAY}


_ALL = View(pgettext_lazy("view of a list", "All"), {})
_DOCUMENTS = (
    _ALL,
    View(_("Drafts"), {"state__exact": "draft"}),
    View(pgettext_lazy("view of a list", "Today"), _today("date")),
    View(_("Posted today"), {"state__exact": "posted", **_today("date")}),
)
VIEWS: dict[str, tuple[View, ...]] = {
    "registers.receipt": (
        _ALL,
        View(pgettext_lazy("view of a list", "Today"), _today("occurred_at")),
        View(_("Returned today"), {"kind__exact": "return", **_today("occurred_at")}),
        View(_("Waiting for processing"), {"posted": "no"}),
        View(_("With problems"), {"transaction__state__exact": "error_desk"}),
    ),
    "registers.kkmtransaction": (
        _ALL,
        View(pgettext_lazy("view of a list", "Today"), _today("received_at")),
        View(_("On the error desk"), {"state__exact": "error_desk"}),
        View(_("Set aside"), {"state__exact": "set_aside"}),
    ),
    "registers.register": (
        _ALL,
        View(_("Silent"), {"presence": "silent"}),
        View(_("Online and behind"), {"behind": "yes"}),
        View(_("Not paired"), {"presence": "unpaired"}),
        View(_("Upload in error"), {"upload": "error"}),
    ),
    "registers.transactionconflict": (_ALL, View(_("Not settled"), {"settled": "no"})),
    "stock.zreport": (
        _ALL,
        View(pgettext_lazy("view of a list", "Today"), _today("date")),
        View(_("With differences"), {"agreement": "differs", "correction": "no"}),
        View(_("Not compared yet"), {"agreement": "pending"}),
    ),
    "stock.goodsreceipt": _DOCUMENTS,
    "stock.wholesaleinvoice": _DOCUMENTS,
    "stock.stocktransfer": _DOCUMENTS,
    "stock.stockcount": _DOCUMENTS,
    "stock.balance": (_ALL, View(_("Below zero"), {"level": "below"})),
    "stock.customerorder": (
        _ALL,
        View(_("To be agreed"), {"stands": "not_agreed"}),
        View(_("Agreed, not sold yet"), {"stands": "agreed"}),
        View(_("To be delivered today"), {"delivery": "today"}),
        View(_("Sold, but not agreed"), {"stands": "odd"}),
    ),
    "billing.discountcard": (
        _ALL,
        View(_("Has bonuses"), {"figures": "bonuses"}),
        View(_("Owes"), {"figures": "owes"}),
    ),
    "stock.reservation": (
        _ALL,
        View(_("Held now"), {"live": "yes"}),
        View(_("Overdue"), {"live": "overdue"}),
        View(_("Sold after it was let go"), {"live": "late"}),
    ),
    "billing.waitingrecord": (_ALL, View(_("Waiting"), {"state__exact": "waiting"})),
    "exchange.alert": (_ALL, View(pgettext_lazy("alert", "Open"), {"state": "open"})),
    "billing.correctiondocument": (
        _ALL,
        View(_("To be approved"), {"stage__exact": "submitted"}),
        View(pgettext_lazy("correction", "Refused"), {"stage__exact": "refused"}),
    ),
}


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the tabs of the list that is shown, in unfold's form; of another page, none."""
    name = request.resolver_match.url_name if request.resolver_match else None
    label, _sep, page = (name or "").rpartition("_")
    label = label.replace("_", ".", 1)
    if page != "changelist" or label not in VIEWS:
        return []
    asked = {key: value for key, value in request.GET.items() if value and key not in {"p", "o", "all"}}
    day = timezone.localdate().isoformat()
    items = []
    for view in VIEWS[label]:
        filters = {key: day if value == TODAY else value for key, value in view.filters.items()}
        link = reverse(f"admin:{name}") + (f"?{urlencode(filters)}" if filters else "")
        items.append({"title": view.title, "link": link, "active": asked == filters, "has_permission": True})
    return [{"models": [label], "items": items}]
