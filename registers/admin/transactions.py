"""The journal of what registers reported, and the error desk: each transaction as it came and what came of it."""

from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from registers.admin import bodies, exports
from registers.admin.facts import FactAdmin, badge, here, link, list_url, page_url, shop_time
from registers.choices import TransactionState
from registers.models import KkmTransaction, Receipt, Register, Shift
from registers.services import archives, problems
from retail.admin.base import NOTHING
from retail.admin.periods import PeriodFilter
from retail.services import figures

STATE_COLOURS: dict[str, str] = {
    TransactionState.ACCEPTED: "success",
    TransactionState.ERROR_DESK: "danger",
    TransactionState.MENDED: "info",
    TransactionState.SET_ASIDE: "warning",
}
DESK = "stock.desktransaction"
FOUND = 1000
MAX_NUMBER_DIGITS = 18
CONFLICTS_SHOWN = 20
CHANGES_SHOWN = 30


@admin.register(KkmTransaction)
class KkmTransactionAdmin(FactAdmin):
    empty_says = _(
        "All that registers report comes here, word for word. Pair a register, and its first receipt will stand here."
    )
    empty_leads_to = "registers.register"
    resource_classes = [exports.TransactionResource]
    list_display = (
        "title",
        "register",
        "kind",
        "happened",
        "shift_number",
        "amount_shown",
        "state_shown",
        "first_problem",
    )
    list_display_links = ("title",)
    list_select_related = ("register__shop",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("register", AutocompleteSelectFilter),
        ("received_at", PeriodFilter),
    )
    search_fields = ("uid",)
    search_help_text = _("The whole number or the whole unique id of a transaction")
    ordering = ("-pk",)
    moment = "received_at"
    sortable_by = ()  # No other order has an index behind it.
    panel_template = "registers/transaction_panel.html"
    body_template = "registers/body.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("register", "number", "kind"),
                    ("happened", "received", "protocol"),
                    ("shift_number", "amount_shown", "uid"),
                )
            },
        ),
    )
    readonly_fields = ("happened", "received", "amount_shown")

    @display(description=_("number"))
    def title(self, transaction: KkmTransaction) -> str:
        return str(transaction) if transaction.number is not None else gettext("unreadable")

    @display(description=_("occurred at"))
    def happened(self, transaction: KkmTransaction) -> str:
        return shop_time(transaction.occurred_at, transaction.register.shop)

    @display(description=_("received at"))
    def received(self, transaction: KkmTransaction) -> str:
        return here(transaction.received_at)

    @display(description=_("amount"), empty_value=NOTHING)
    def amount_shown(self, transaction: KkmTransaction) -> str | None:
        return figures.money(transaction.amount)

    @display(description=_("state"))
    def state_shown(self, transaction: KkmTransaction) -> str:
        return state_badge(transaction)

    @display(description=_("problem"), empty_value=NOTHING)
    def first_problem(self, transaction: KkmTransaction) -> str | None:
        found = sentences(transaction)
        return Truncator(found[0]).chars(60) if found else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[KkmTransaction]:
        transactions: QuerySet[KkmTransaction] = super().get_queryset(request)
        return transactions.select_related("register__shop").defer("raw", "body_hash")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[KkmTransaction], search_term: str
    ) -> tuple[QuerySet[KkmTransaction], bool]:
        """Find by whole number or unique id, through the indexes that begin with the register."""
        term = search_term.strip()
        if not term:
            return queryset, False
        every_register = KkmTransaction.objects.filter(register__in=Register.objects.values("pk"))
        found = list(every_register.filter(uid=term).values_list("pk", flat=True)[:FOUND])
        if term.isascii() and term.isdigit() and len(term) <= MAX_NUMBER_DIGITS:
            found += every_register.filter(number=int(term)).values_list("pk", flat=True)[:FOUND]
        return queryset.filter(pk__in=found), False

    def get_panel(self, request: HttpRequest, obj: KkmTransaction) -> dict[str, Any]:
        receipt = Receipt.objects.filter(pk=obj.pk).first()
        shift = None
        if obj.shift_number is not None:
            shift = Shift.objects.filter(register=obj.register_id, number=obj.shift_number).first()
        conflicts = list(obj.conflicts.defer("raw").order_by("pk")[: CONFLICTS_SHOWN + 1])
        return {
            "state": state_badge(obj),
            "sentences": sentences(obj),
            "receipt": link(receipt) if receipt else None,
            "shift": link(shift) if shift else None,
            "conflicts": [link(conflict, here(conflict.received_at)) for conflict in conflicts[:CONFLICTS_SHOWN]],
            "deeds": deeds_of(obj),
            "desk_url": page_url(DESK, obj.pk) if request.user.has_perm("stock.view_desktransaction") else None,
            "conflicts_url": list_url("registers.transactionconflict", transaction__id__exact=obj.pk)
            if len(conflicts) > CONFLICTS_SHOWN
            else None,
            **body_of(obj),
        }

    def get_urls(self) -> list[URLPattern]:
        raw = path("<int:pk>/raw/", self.admin_site.admin_view(self.raw_view), name="registers_kkmtransaction_raw")
        return [raw, *super().get_urls()]

    def raw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        transaction = self.get_object(request, str(pk))
        if transaction is None or not self.has_view_permission(request, transaction):
            raise Http404
        try:
            return bodies.download(archives.body(transaction), name=f"transaction-{pk}.json")
        except archives.BodyAway as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(reverse("admin:registers_kkmtransaction_change", args=[pk]))


def state_badge(transaction: KkmTransaction) -> str:
    return badge(transaction.get_state_display(), STATE_COLOURS.get(transaction.state, ""))


def sentences(transaction: KkmTransaction) -> list[str]:
    """Put a transaction's problems into words."""
    return [problems.describe(problem) for problem in transaction.problems if isinstance(problem, dict)]


def deeds_of(transaction: KkmTransaction) -> list[dict[str, Any]]:
    """Return what people did to a transaction, as `registers/deeds.html` shows it, the first deed first."""
    came = body_as_it_came(transaction)
    return [
        {
            "kind": deed.get_kind_display(),
            "by": deed.by.get_full_name() or deed.by.get_username(),
            "at": here(deed.at),
            "reason": deed.reason,
            "sentences": [_dealt_with(problem) for problem in deed.problems if isinstance(problem, dict)],
            "body": bodies.lay_out(_bytes(deed.body)) if deed.body else None,
            "changes": _changes(came.raw, _bytes(deed.body)) if deed.body and not came.away else [],
        }
        for deed in transaction.deeds.select_related("by").order_by("pk")
    ]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _changes(raw: bytes | memoryview, body: bytes) -> list[tuple[str, bodies.Difference]]:
    """Name the fields that a correction changed; nothing where the original is not JSON."""
    return [(problems.place(one.path), one) for one in (bodies.differences(raw, body) or [])[:CHANGES_SHOWN]]


def _dealt_with(problem: dict[str, Any]) -> str:
    """Put a problem into words that has been dealt with, and what became of an unknown code."""
    params = problem.get("params")
    became = params.get("became") if isinstance(params, dict) else None
    return f"{problems.describe(problem)} → {became}" if became else problems.describe(problem)


def body_of(transaction: KkmTransaction) -> dict[str, Any]:
    """Return what `registers/body.html` shows: the body laid out, and where the very bytes are."""
    came = body_as_it_came(transaction)
    return {
        "body": bodies.lay_out(came.raw),
        "plain": bodies.as_it_came(came.raw),
        "away": came.away,
        "raw_url": reverse("admin:registers_kkmtransaction_raw", args=[transaction.pk]),
    }


class Came(NamedTuple):
    """A body as it came; or `away`, a sentence that says where it lies instead."""

    raw: bytes
    away: str = ""


def body_as_it_came(transaction: KkmTransaction) -> Came:
    """Return the bytes of a transaction from wherever they are kept."""
    try:
        return Came(archives.body(transaction))
    except archives.BodyAway as refusal:
        return Came(b"", str(refusal))
