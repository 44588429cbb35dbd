"""What stands above the form of equipment: what to enter in the device, when it was heard, where to look further."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from exchange.admin import artix_server
from exchange.choices import ExchangeKind, SessionResult
from exchange.models import DeviceState, Equipment, ExchangeSession
from registers.admin.facts import badge, here, list_url
from retail.admin.base import NOTHING
from retail.choices import Role

COLOURS: dict[str, str] = {
    SessionResult.DONE: "success",
    SessionResult.REFUSED: "warning",
    SessionResult.FAILED: "danger",
}


def of(request: HttpRequest, equipment: Equipment) -> dict[str, Any]:
    """Gather what the panel shows. A log of years has an index by equipment."""
    last = ExchangeSession.objects.filter(equipment=equipment).order_by("-pk").first()
    state = DeviceState.objects.filter(equipment=equipment).first()
    return {
        "address": _address(request) if equipment.exchange_kind == ExchangeKind.WEB_SERVICE else "",
        "no_address": _no_address(equipment),
        "role": Role.OPERATOR.label,
        "last": last,
        "last_at": here(last.began_at) if last else NOTHING,
        "last_result": badge(last.get_result_display(), COLOURS[last.result]) if last else "",
        "settings_at": here(state.settings_sent_at) if state and state.settings_sent_at else NOTHING,
        "goods_at": here(state.confirmed_at) if state and state.confirmed_at else NOTHING,
        "artix": artix_server.load_card(equipment),
        "links": _links(request, equipment),
    }


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("equipment", args=[settings.EQUIPMENT_SERVICE_BASE]))


def _no_address(equipment: Equipment) -> str:
    if equipment.exchange_kind == ExchangeKind.HTTP:
        return _("It speaks our own HTTP service: pair a device on the page of the register.")
    return _("Files are put into and taken from folder “%(folder)s”.") % {"folder": equipment.folder}


def _links(request: HttpRequest, equipment: Equipment) -> list[dict[str, Any]]:
    """Lead to the register, the rule and the log, as far as the person may go there."""
    shown: list[tuple[Any, str, str | None, str]] = [
        (_("Exchange log"), "sync_alt", list_url("exchange.exchangesession", equipment__id__exact=equipment.pk),
         "exchange.view_exchangesession"),
    ]  # fmt: skip
    if equipment.register is not None:
        page = reverse("admin:registers_register_change", args=[equipment.register.pk])
        shown.insert(0, (str(equipment.register), "point_of_sale", page, "registers.view_register"))
    if equipment.rule is not None:
        page = reverse("admin:exchange_exchangerule_change", args=[equipment.rule.pk])
        shown.insert(0, (equipment.rule.name, "rule", page, "exchange.view_exchangerule"))
    return [
        {"title": title, "icon": icon, "url": url}
        for title, icon, url, permission in shown
        if url and request.user.has_perm(permission)
    ]
