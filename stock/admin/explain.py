"""«Откуда это число»: the page that follows the four numbers of a balance back to documents and receipts."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDateWidget

from registers.admin.facts import badge, link, shop_time
from registers.choices import TransactionKind
from registers.models import ReceiptLine
from retail.services.figures import quantity as shown
from stock.admin.paging import address, page_of
from stock.admin.reservations import held
from stock.admin.shown import cause_badge, document_link, figure, moment
from stock.choices import DocumentKind
from stock.models import Balance, Movement
from stock.services import explanations
from stock.services.explanations import Explanation, Group

WAITING = {
    TransactionKind.SALE: _("Sales"),
    TransactionKind.RETURN: _("Returns"),
    "mended": _("Lines understood later"),
}


class SinceForm(forms.Form):
    """From which day on movements are shown one by one."""

    since = forms.DateField(label=_("movements since"), required=False, widget=UnfoldAdminDateWidget)


class ExplainingAdmin(ModelAdmin):
    """The action "Where does this number come from" of the balance's page."""

    @action(
        description=_("Where do these numbers come from?"),
        url_path="explain",
        permissions=["view"],
        icon="account_tree",
        variant=ActionVariant.PRIMARY,
    )
    def explain(self, request: HttpRequest, object_id: str) -> HttpResponse:
        balance = self.get_object(request, object_id)
        if balance is None:
            raise Http404
        form = SinceForm(request.GET)
        since = _midnight(form.cleaned_data["since"]) if form.is_valid() else None
        found = explanations.explain(balance=balance, since=since)
        kind = request.GET.get("kind", "")
        if kind not in {group.kind for group in found.moved}:
            kind = ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": balance,
            "media": self.media + form.media,
            "title": _("Where these numbers come from"),
            "back_url": reverse("admin:stock_balance_change", args=[balance.pk]),
            "form": form,
            "figures": {name: shown(getattr(found, name)) for name in ("on_hand", "sold", "reserved", "available")},
            "below": found.available < 0,
            **self._on_hand(request, balance, found, since=since, kind=kind),
            **self._sold(request, balance, found),
            **held(balance),
        }
        return TemplateResponse(request, "stock/explain.html", context)

    def _on_hand(
        self, request: HttpRequest, balance: Balance, found: Explanation, *, since: datetime | None, kind: str
    ) -> dict[str, Any]:
        count = sum(group.count for group in found.moved if kind in ("", group.kind))
        rows = explanations.movements(balance=balance, since=since, kind=kind)
        return {
            "since": since,
            "opening": figure(found.opening.net),
            "groups": [
                _group_row(group, DocumentKind(group.kind).label, address(request, kind=group.kind, page=None))
                for group in found.moved
            ],
            "kind": DocumentKind(kind).label if kind else "",
            "every_kind_url": address(request, kind=None, page=None),
            "on_hand_unexplained": figure(found.on_hand_unexplained) if found.on_hand_unexplained else None,
            "movements": page_of(request, rows, name="page", shown_as=movement_row, count=count),
        }

    def _sold(self, request: HttpRequest, balance: Balance, found: Explanation) -> dict[str, Any]:
        count = sum(group.count for group in found.waiting)
        lines = explanations.waiting_lines(balance=balance)
        return {
            "waiting": [_group_row(group, WAITING[group.kind], None) for group in found.waiting],
            "sold_unexplained": figure(found.sold_unexplained) if found.sold_unexplained else None,
            "lines": page_of(request, lines, name="sold_page", shown_as=waiting_row, count=count),
        }


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def _group_row(group: Group, title: Any, url: str | None) -> dict[str, Any]:
    return {
        "title": title,
        "url": url,
        "count": group.count,
        "added": figure(group.added, signed=True),
        "taken": figure(group.taken, signed=True),
        "net": figure(group.net, signed=True),
    }


def movement_row(movement: Movement) -> dict[str, Any]:
    """Describe a movement of one balance."""
    return {
        "made": moment(movement.made_at),
        "document": document_link(movement.document),
        "cause": cause_badge(movement),
        "moved": figure(movement.quantity, signed=True),
        "after": figure(movement.on_hand_after),
    }


def waiting_row(line: ReceiptLine) -> dict[str, Any]:
    """Describe a line of a receipt that no document holds yet."""
    receipt = line.receipt
    returned = receipt.kind == TransactionKind.RETURN
    return {
        "happened": shop_time(receipt.occurred_at, receipt.register.shop),
        "receipt": link(receipt, f"№ {receipt.number}"),
        "transaction": link(receipt.transaction),
        "shift": link(receipt.shift),
        "register": link(receipt.register),
        "kind": badge(receipt.get_kind_display(), "warning" if returned else "info"),
        "quantity": figure(-line.quantity if returned else line.quantity, signed=True),
    }
