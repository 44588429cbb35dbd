"""Codes that nobody knows: how often each was sold, and the page that says which SKU is meant."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldBooleanSwitchWidget

from registers.admin.facts import here, link, shop_time
from registers.choices import TransactionState
from registers.models import ReceiptLine
from retail.admin.base import user_of
from retail.exceptions import DomainError
from retail.models import Barcode, Sku
from stock.admin.shown import figure, money
from stock.services import error_desk

LISTED = 500
SAMPLES = 10


class MapForm(forms.Form):
    """Which SKU a code means, for which sales, and whether its barcode is the SKU's from now on."""

    sku = forms.ModelChoiceField(
        Sku.objects.all(),
        label=_("The SKU that was sold"),
        widget=AutocompleteSelect(ReceiptLine._meta.get_field("sku"), admin.site),
        help_text=_("A SKU by code, name or barcode"),
    )
    scope = forms.ChoiceField(label=_("Where"), widget=UnfoldAdminRadioSelectWidget)
    add_barcode = forms.BooleanField(
        label=_("Give the barcode to this SKU"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Registers hear of it, and the next sale finds the SKU."),
    )

    def __init__(self, data: Any, *, lines: int, transaction: int | None, may_add: bool) -> None:
        super().__init__(data)
        everywhere = ngettext("Everywhere it waits: %(count)d line", "Everywhere it waits: %(count)d lines", lines) % {
            "count": lines
        }
        scopes = [("all", everywhere)]
        if transaction is not None:
            scopes.append(("one", gettext("Only in this transaction")))
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]
        self.fields["scope"].initial = "all"
        if not may_add:
            del self.fields["add_barcode"]


class CodesMixin:
    def codes_view(self, request: HttpRequest) -> HttpResponse:
        self._check_may_view(request)
        rows = [
            {
                "code": code,
                "url": map_url(code.sku_code, code.barcode),
                "quantity": figure(code.quantity),
                "amount": money(code.amount),
                "oldest": here(code.oldest),
            }
            for code, _place in zip(error_desk.unknown_codes(), range(LISTED), strict=False)
        ]
        context = {
            **self._page_context(request, _("Unknown codes")),
            "rows": rows,
            "listed": LISTED,
            "may_mend": self.has_mend_permission(request),  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "stock/desk_codes.html", context)

    def map_view(self, request: HttpRequest) -> HttpResponse:
        """Ask which SKU a code means, and map it."""
        self._check_may_view(request)
        if not self.has_mend_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        sku_code, barcode = (request.GET.get(name, "").replace("\x00", "") for name in ("sku_code", "barcode"))
        asked = request.GET.get("transaction", "")
        transaction = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else None
        back = (
            reverse("admin:stock_desktransaction_change", args=[transaction])
            if transaction is not None
            else reverse("admin:stock_desktransaction_codes")
        )
        waiting = ReceiptLine.objects.filter(
            sku=None,
            sku_code=sku_code,
            barcode=barcode,
            receipt__transaction__state=TransactionState.ERROR_DESK,
        )
        form = MapForm(
            request.POST or None,
            lines=waiting.count(),
            transaction=transaction,
            may_add=request.user.has_perm("retail.add_barcode") and _is_free(barcode),
        )
        if request.method == "POST" and form.is_valid() and self._map(request, form, sku_code, barcode, transaction):
            return HttpResponseRedirect(back)
        context = {
            **self._page_context(request, _("Which SKU is it?")),
            "form": form,
            "sku_code": sku_code,
            "barcode": barcode,
            "samples": [_sample(line) for line in waiting.select_related("receipt__register__shop")[:SAMPLES]],
            "media": self.media + form.media,  # type: ignore[attr-defined]
            "back_url": back,
        }
        return TemplateResponse(request, "stock/desk_map.html", context)

    def _map(self, request: HttpRequest, form: MapForm, sku_code: str, barcode: str, transaction: int | None) -> bool:
        """Map the code and say how it went; False when it was refused."""
        sku, only_one = form.cleaned_data["sku"], form.cleaned_data["scope"] == "one"
        try:
            done = error_desk.map_code(
                sku=sku,
                sku_code=sku_code,
                barcode=barcode,
                by=user_of(request),
                now=timezone.now(),
                transactions=[transaction] if only_one and transaction is not None else None,
                add_barcode=form.cleaned_data.get("add_barcode", False),
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return False
        said = ngettext("%(count)d line is now %(sku)s.", "%(count)d lines are now %(sku)s.", done.lines) % {
            "count": done.lines,
            "sku": sku,
        }
        whole = ngettext("%(count)d transaction is whole.", "%(count)d transactions are whole.", done.mended) % {
            "count": done.mended
        }
        messages.success(request, f"{said} {whole}")
        return True

    def _check_may_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _page_context(self, request: HttpRequest, title: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "media": self.media,  # type: ignore[attr-defined]
            "title": title,
            "desk_url": reverse("admin:stock_desktransaction_changelist"),
        }


def map_url(sku_code: str, barcode: str, *, transaction: int | None = None) -> str:
    """Return where it is said which SKU a code means."""
    asked: dict[str, str | int] = {"sku_code": sku_code, "barcode": barcode}
    if transaction is not None:
        asked["transaction"] = transaction
    return f"{reverse('admin:stock_desktransaction_map')}?{urlencode(asked)}"


def _is_free(barcode: str) -> bool:
    """Tell whether a SKU may be given the barcode: it is a valid one, and nobody has it."""
    try:
        Barcode(value=barcode).full_clean(exclude=["sku"])
    except ValidationError:
        return False
    return True


def _sample(line: ReceiptLine) -> dict[str, Any]:
    receipt = line.receipt
    return {
        "happened": shop_time(receipt.occurred_at, receipt.register.shop),
        "receipt": link(receipt),
        "register": receipt.register,
        "quantity": figure(line.quantity),
        "price": money(line.price),
        "amount": money(line.amount),
        "vat": line.vat,
    }
