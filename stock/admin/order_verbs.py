"""What people do with an order: agree it, take it back, cancel it, take it up again. Each verb asks first."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from registers.admin.facts import link
from retail.admin import asking
from retail.admin.base import user_of
from retail.choices import ItemKind
from retail.exceptions import DomainError
from stock.admin.shown import balance_figure, figure, money, sku_link
from stock.choices import OrderStatus
from stock.models import CustomerOrder
from stock.services import orders

SHOWN_LINES = 500
CANCEL = _("Cancel the order")
SENSIBLE: dict[str, frozenset[str]] = {
    OrderStatus.NOT_AGREED: frozenset({"agree_order", "cancel_order"}),
    OrderStatus.AGREED: frozenset({"take_back_order", "cancel_order"}),
    OrderStatus.CANCELLED: frozenset({"reopen_order"}),
}


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("It stays in the life of the order."),
    )


class OrderVerbs:
    """Adds the verbs to an order's page, each for whoever has its permission and while it makes sense."""

    actions_detail: tuple[Any, ...] = ("agree_order", "take_back_order", "reopen_order", "cancel_order", "draft_again")

    def sensible_actions(self, document: Any) -> frozenset[str]:
        """Return the names of what may be done with an order as it stands."""
        verbs = frozenset() if document.is_sold else SENSIBLE[document.status]
        return verbs | {"draft_again"}

    def has_agree_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("stock.agree_customerorder")

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("stock.cancel_customerorder")

    @action(
        description=_("Agree"),
        url_path="agree",
        permissions=["agree"],
        icon="handshake",
        variant=ActionVariant.PRIMARY,
    )
    def agree_order(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            check=orders.check_can_agree,
            verb=orders.agree,
            question=_("Agree %(order)s?"),
            effect=_("Its goods are held for it without an end, and its courier's register hears of it."),
            button=_("Agree"),
            done=_("%(order)s is agreed: its goods are held."),
        )

    @action(description=_("Take back"), url_path="take-back", permissions=["agree"], icon="undo")
    def take_back_order(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            check=orders.check_can_take_back,
            verb=orders.take_back,
            question=_("Take %(order)s back?"),
            effect=_("What it holds is then free, and its courier's register is told. It may be agreed again."),
            button=_("Take back"),
            done=_("%(order)s is not agreed any more: its goods are free."),
            form=WhyForm(request.POST or None),
        )

    @action(
        description=CANCEL,
        url_path="cancel",
        permissions=["cancel"],
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def cancel_order(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            check=orders.check_can_cancel,
            verb=orders.cancel,
            question=_("Cancel %(order)s?"),
            effect=_("It stays to be read and holds nothing; its courier's register is told."),
            button=CANCEL,
            done=_("%(order)s is cancelled."),
            form=WhyForm(request.POST or None),
        )

    @action(description=_("Take up again"), url_path="reopen", permissions=["cancel"], icon="restart_alt")
    def reopen_order(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            check=orders.check_can_reopen,
            verb=orders.reopen,
            question=_("Take %(order)s up again?"),
            effect=_("It may be edited and agreed once more; nothing is held for it yet."),
            button=_("Take up again"),
            done=_("%(order)s is taken up again."),
        )

    @admin.action(description=_("Agree…"), permissions=["agree"])
    def agree_chosen(self, request: HttpRequest, queryset: QuerySet[CustomerOrder]) -> HttpResponse | None:
        """Agree those of the chosen orders that wait for it, each by itself; say of each that is refused why."""
        waiting = queryset.filter(status=OrderStatus.NOT_AGREED, receipt=None).order_by("pk")
        if not asking.confirmed(request):
            question = _(
                "The goods of these orders are held for them. Of one for which there is not enough, nothing is."
            )
            return asking.ask(
                self,
                request,
                waiting,
                action="agree_chosen",
                title=_("Agree"),
                question=question,
            )
        agreed = 0
        for order in waiting:
            try:
                orders.agree(order=order, by=user_of(request), now=timezone.now())
                agreed += 1
            except DomainError as refusal:
                messages.error(request, f"{order}: {refusal}")
        said = ngettext("%(count)d order agreed.", "%(count)d orders agreed.", agreed)
        messages.add_message(request, messages.SUCCESS if agreed else messages.WARNING, said % {"count": agreed})
        return None

    def copy(self, document: Any) -> CustomerOrder:
        return orders.draft_again(order=document, date=timezone.now(), by=None, now=timezone.now())

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        check: Callable[..., None],
        verb: Callable[..., CustomerOrder],
        question: Any,
        effect: Any,
        button: Any,
        done: Any,
        form: WhyForm | None = None,
    ) -> HttpResponse:
        """Show what will happen; on the second asking do it, and say how it went."""
        order = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if order is None:
            return self._missing(request, object_id)  # type: ignore[attr-defined, no-any-return]
        try:
            check(order=order)
            if request.method != "POST" or (form and not form.is_valid()):
                words = {"effect": effect, "button": button, "form": form}
                return TemplateResponse(
                    request, "stock/confirm_order.html", {**self._order_context(order, request, question), **words}
                )
            given = {"reason": form.cleaned_data["reason"]} if form else {}
            verb(order=order, by=user_of(request), now=timezone.now(), **given)
        except DomainError as refusal:
            messages.error(request, self.words_of(refusal))  # type: ignore[attr-defined]
        else:
            said = done % {"order": order}
            self.log_change(request, order, said)  # type: ignore[attr-defined]
            messages.success(request, said)
        return self.to_page(order.pk)  # type: ignore[attr-defined, no-any-return]

    def _order_context(self, order: Any, request: HttpRequest, question: Any) -> dict[str, Any]:
        found = order.lines.with_stock().select_related("sku__item__unit").order_by("line")
        lines = list(found[: SHOWN_LINES + 1])
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "media": self.media,  # type: ignore[attr-defined]
            "original": order,
            "title": question % {"order": order},
            "order": order,
            "courier": link(order.courier) if order.courier else "",
            "total": money(order.total),
            "rows": [_row(line, order) for line in lines[:SHOWN_LINES]],
            "cut": len(lines) > SHOWN_LINES,
            "back_url": self._url(order.pk),  # type: ignore[attr-defined]
        }


def _row(line: Any, order: CustomerOrder) -> dict[str, Any]:
    """Describe what an order asks of a SKU, and what there is of it; what it holds itself is there for it."""
    goods = line.sku.item.kind == ItemKind.GOODS
    free = line.available + (line.asked if order.holds else 0)
    return {
        "line": line.line,
        "sku": sku_link(line.sku),
        "quantity": figure(line.quantity),
        "unit": line.sku.item.unit.short_name,
        "goods": goods,
        "free": balance_figure(free, line.balance_id),
        "short": goods and order.status == OrderStatus.NOT_AGREED and free < line.asked,
    }
