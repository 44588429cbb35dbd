"""The look of the admin and its menu, in the order in which the trade thinks of its work.

The menu names models, not addresses: a model that is not installed, or that the user may not see, has no line.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.functional import lazystr
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@functools.cache
def _address(label: str) -> str:
    """Return where the list of a model is. Kept: a page asks for every line of the menu several times."""
    try:
        return reverse(f"admin:{label.lower().replace('.', '_')}_changelist")
    except NoReverseMatch:
        return "#"


def _link(label: str) -> Callable[[HttpRequest], str]:
    return lambda request: _address(label)


def _permission(label: str) -> Callable[[HttpRequest], bool]:
    def may_view(request: HttpRequest) -> bool:
        if _address(label) == "#":
            return False
        app, model = label.lower().split(".")
        return bool(request.user.has_perm(f"{app}.view_{model}"))

    return may_view


def _active(label: str) -> Callable[[HttpRequest], bool]:
    """Tell whether the page is one of the model's: the library itself does not call a link to find out."""
    return lambda request: request.path.startswith(_address(label))


class _Title:
    """The plural name of a model, asked for when it is shown: by then models are loaded and a language is chosen."""

    def __init__(self, label: str) -> None:
        self.label = label

    def __str__(self) -> str:
        try:
            return capfirst(str(apps.get_model(self.label)._meta.verbose_name_plural))
        except LookupError:
            return self.label


BADGES = {
    "stock.DeskTransaction": "stock.admin.badges.desk",
    "registers.TransactionConflict": "stock.admin.badges.conflicts",
    "exchange.Ukm5Unclaimed": "exchange.admin.badges.unclaimed",
    "exchange.Alert": "exchange.admin.badges.alerts",
}


def _section(title: Any, **models: str) -> dict[str, Any]:
    return {
        "title": title,
        "separator": True,
        "collapsible": True,
        "items": [
            {
                "title": lazystr(_Title(label.replace("__", "."))),
                "icon": icon,
                "link": _link(label.replace("__", ".")),
                "active": _active(label.replace("__", ".")),
                "permission": _permission(label.replace("__", ".")),
                "badge": BADGES.get(label.replace("__", ".")),
            }
            for label, icon in models.items()
        ],
    }


def _with_till(section: dict[str, Any]) -> dict[str, Any]:
    """Add the till on a page, which is no model."""
    line = {
        "title": _("Training till"),
        "icon": "school",
        "link": lambda _request: reverse("till"),
        "active": lambda request: request.path.startswith(reverse("till")),
        "permission": lambda request: import_string("exchange.admin.till.may_train")(request),
    }
    return {**section, "items": [*section["items"], line]}


UNFOLD = {
    "SITE_TITLE": _("Prilavok"),
    "SITE_HEADER": _("Prilavok"),
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("retail/favicon.svg")}],
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "exchange.admin.home.dashboard",
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            _section(
                _("Sales"),
                stock__ZReport="summarize",
                stock__CurrentSales="point_of_sale",
                registers__Receipt="receipt_long",
                registers__Shift="schedule",
                registers__KkmTransaction="list_alt",
                stock__DeskTransaction="build",
                registers__TransactionConflict="difference",
            ),
            _section(
                pgettext_lazy("section", "Stock"),
                stock__Balance="inventory_2",
                stock__Movement="swap_vert",
                stock__GoodsReceipt="move_to_inbox",
                stock__WholesaleInvoice="outbox",
                stock__StockTransfer="local_shipping",
                stock__StockCount="fact_check",
                stock__Reservation="lock_clock",
                stock__CustomerOrder="shopping_cart",
            ),
            _with_till(
                _section(
                    _("Registers"),
                    registers__Register="point_of_sale",
                    exchange__RegisterLoad="download",
                    exchange__Alert="notifications",
                )
            ),
            _section(
                _("Cards"),
                billing__DiscountCard="loyalty",
                billing__CardOwner="person_heart",
                billing__CardKind="style",
                billing__BillingOperation="receipt",
                billing__WaitingRecord="pending_actions",
                billing__Lot="savings",
                billing__NightRun="bedtime",
                billing__AccrualDocument="add_card",
                billing__WriteOffDocument="credit_card_off",
                billing__CorrectionDocument="edit_note",
                billing__Promotion="campaign",
                billing__PromotionAssignment="assignment",
                billing__BonusLifeRule="hourglass_bottom",
            ),
            _section(
                _("Exchange"),
                exchange__ExchangeRule="rule",
                exchange__Equipment="phonelink_setup",
                exchange__ExchangeSession="sync_alt",
                exchange__TransactionFile="upload_file",
                exchange__Ukm5Store="lan",
                exchange__Ukm5Unclaimed="help_center",
                exchange__WebhookEndpoint="webhook",
                exchange__OutgoingMessage="outgoing_mail",
            ),
            _section(
                _("Reference"),
                retail__Item="category",
                retail__ItemGroup="account_tree",
                retail__Sku="qr_code_2",
                retail__Barcode="barcode",
                retail__Price="payments",
                retail__PriceType="sell",
                retail__Organization="apartment",
                retail__Shop="store",
                retail__Warehouse="warehouse",
                retail__Counterparty="handshake",
                retail__Unit="straighten",
                retail__VatRate="percent",
            ),
            _section(
                _("Settings"),
                retail__Constants="settings",
                auth__User="person",
                auth__Group="group",
                retail__ApiToken="key",
                exchange__AlertRule="notification_settings",
                django_celery_beat__PeriodicTask="event_repeat",
                retail__Edit="history",
            ),
        ],
    },
}
