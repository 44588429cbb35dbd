"""«Рабочее место ошибок»: what waits for a person, by cause; the page of one; and the verbs that mend it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from registers.admin.facts import here, link
from registers.admin.transactions import KkmTransactionAdmin
from registers.choices import TransactionState
from registers.models import KkmTransaction, ReceiptLine
from registers.services import problems
from retail.admin.periods import PeriodFilter
from stock.admin.error_desk_bulk import BulkMixin
from stock.admin.error_desk_codes import CodesMixin, map_url
from stock.admin.error_desk_verbs import VerbsMixin
from stock.models import DeskTransaction
from stock.services import error_desk

SHOWN_LINES = 200


class DeskStateFilter(DropdownFilter):
    """What waits, unless something else is asked for."""

    title = _("state")
    parameter_name = "desk"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [
            (TransactionState.ERROR_DESK, _("Waiting for a person")),
            (TransactionState.SET_ASIDE, TransactionState.SET_ASIDE.label),
            (TransactionState.MENDED, TransactionState.MENDED.label),
        ]

    def asked(self) -> str:
        value = self.value()
        return value if value in (TransactionState.SET_ASIDE, TransactionState.MENDED) else TransactionState.ERROR_DESK

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.asked())


class CauseFilter(DropdownFilter):
    title = _("problem")
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [(code, name) for code, name in problems.CAUSES.items() if code != "conflict"]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code = self.value()
        if not code or "\x00" in code:
            return queryset
        return queryset.filter(problems__contains=[{"code": code}])


@admin.register(DeskTransaction)
class DeskTransactionAdmin(BulkMixin, VerbsMixin, CodesMixin, KkmTransactionAdmin):
    empty_says = _(
        "What registers reported and nobody could understand waits here. Nothing waits: that is how it should be."
    )
    empty_leads_to = "registers.kkmtransaction"
    list_display = ("title", "register", "shop", "kind", "happened", "received", "amount", "first_problem")
    list_filter = (  # type: ignore[assignment]  # Filters of other kinds than those of the journal.
        DeskStateFilter,
        CauseFilter,
        ("register", AutocompleteSelectFilter),
        ("register__shop", RelatedDropdownFilter),
        ("received_at", PeriodFilter),
    )
    list_before_template = "stock/desk_causes.html"
    panel_template = "stock/desk_panel.html"
    body_template = "stock/desk_body.html"

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "stock/error_desk.css"]}

    @display(description=_("shop"))
    def shop(self, transaction: KkmTransaction) -> str:
        return str(transaction.register.shop)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pk",)  # A desk is small: its own index leads to its rows, whatever the period.

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("codes/", view(self.codes_view), name="stock_desktransaction_codes"),
            path("codes/map/", view(self.map_view), name="stock_desktransaction_map"),
            *super(KkmTransactionAdmin, self).get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        state = request.GET.get("desk")
        if state not in (TransactionState.SET_ASIDE, TransactionState.MENDED):
            state = TransactionState.ERROR_DESK
        context = {
            "causes": _cause_rows(state, request.GET.get("cause")),
            "cause_chosen": bool(request.GET.get("cause")),
            "waiting": state == TransactionState.ERROR_DESK,
            "everything_url": _list_url(state=state),
            "codes_url": reverse("admin:stock_desktransaction_codes"),
        }
        response: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return response

    def get_panel(self, request: HttpRequest, obj: KkmTransaction) -> dict[str, Any]:
        panel = super().get_panel(request, obj)
        unknown = list(_unknown_lines(obj)[: SHOWN_LINES + 1]) if panel["receipt"] else []
        return {
            **panel,
            "found": [
                (problems.describe(problem), problems.remedy(problem))
                for problem in obj.problems
                if isinstance(problem, dict)
            ],
            "waiting": obj.state == TransactionState.ERROR_DESK,
            "unknown": [
                (line, map_url(line.sku_code, line.barcode, transaction=obj.pk)) for line in unknown[:SHOWN_LINES]
            ],
            "may_mend": self.has_mend_permission(request) and obj.state == TransactionState.ERROR_DESK,
            "journal": link(KkmTransaction(pk=obj.pk, number=obj.number)),
            "moves": obj.kind in ("sale", "return"),
        }


def _unknown_lines(transaction: KkmTransaction) -> QuerySet[ReceiptLine]:
    return ReceiptLine.objects.filter(receipt=transaction.pk, sku=None).order_by("line")


def _cause_rows(state: str, chosen: str | None) -> list[dict[str, Any]]:
    """Describe the causes, or only the one that the list below is narrowed to."""
    return [_cause_row(cause, state) for cause in error_desk.causes(state=state) if not chosen or cause.code == chosen]


def _cause_row(cause: error_desk.Cause, state: str) -> dict[str, Any]:
    return {
        "name": problems.cause(cause.code),
        "remedy": problems.remedy({"code": cause.code}),
        "url": _list_url(state=state, cause=cause.code),
        "transactions": cause.transactions,
        "registers": cause.registers,
        "oldest": here(cause.oldest),
        "latest": here(cause.latest),
        "codes": cause.code == "unknown_sku",
    }


def _list_url(*, state: str, cause: str | None = None) -> str:
    asked = {"desk": state} if state != TransactionState.ERROR_DESK else {}
    if cause:
        asked["cause"] = cause
    url = reverse("admin:stock_desktransaction_changelist")
    return f"{url}?{urlencode(asked)}" if asked else url
