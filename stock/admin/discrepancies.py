"""What does not agree in a Z-report, in words, and the page on which a person accepts it with a reason."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from registers.admin.facts import badge, here
from retail.admin.base import NOTHING, user_of
from retail.exceptions import DomainError
from stock.admin.shown import figure, money, person, signed_money
from stock.choices import DiscrepancyKind
from stock.models import Discrepancy, ZReport
from stock.services import reconciliation

DETAILS_SHOWN = 10
IN_ROUBLES = {DiscrepancyKind.COUNTER, DiscrepancyKind.POSTED_AMOUNT}
COUNTED = {"receipts", "return_receipts"}  # The register's counters that are numbers of receipts.
FIGURES = {
    "sales": _("Sales"),
    "returns": _("Returns"),
    "receipts": _("Sale receipts"),
    "return_receipts": _("Return receipts"),
    "cash": _("Received in cash"),
    "card": _("Received by payment card"),
    "cash_in_drawer": _("Cash in the drawer"),
    "sale": _("Sales"),
    "return": _("Returns"),
}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is accepted"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever looks at this report later reads it: what was found out, who was asked."),
    )


class AcceptingAdmin(ModelAdmin):
    """The action "Accept differences" of a Z-report's page, while something in it waits for that."""

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        waiting = object_id.isdecimal() and Discrepancy.objects.waiting().filter(report=int(object_id)).exists()
        return [one for one in allowed if waiting or one.method.original_function_name != "accept_discrepancies"]

    def has_accept_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("stock.accept_discrepancy")

    @action(
        description=_("Accept differences"),
        url_path="accept",
        permissions=["accept"],
        icon="handshake",
        variant=ActionVariant.PRIMARY,
    )
    def accept_discrepancies(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, and accept those of the report's differences that were chosen."""
        report = self.get_object(request, object_id)
        if report is None:
            raise Http404
        form = ReasonForm(request.POST or None)
        waiting = Discrepancy.objects.waiting().filter(report=report.pk).select_related("accepted_by").order_by("pk")
        chosen = {pk for pk in request.POST.getlist("discrepancy") if pk.isdecimal()}
        if request.method == "POST" and not chosen:
            messages.error(request, _now("Choose at least one difference."))
        elif request.method == "POST" and form.is_valid():
            return self._accept(request, report, [row for row in waiting if str(row.pk) in chosen], form)
        page = reverse("admin:stock_zreport_change", args=[report.pk])
        rows = [discrepancy_row(row) for row in waiting]
        if not rows:
            messages.info(request, _now("Nothing in this report waits to be accepted."))
            return HttpResponseRedirect(page)
        asked = request.GET.get("discrepancy")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": report,
            "media": self.media + form.media,
            "title": _("Accept differences of %(report)s") % {"report": report},
            "form": form,
            "rows": [{**row, "chosen": not asked or str(row["pk"]) == asked} for row in rows],
            "back_url": page,
        }
        return TemplateResponse(request, "stock/accept_discrepancies.html", context)

    def _accept(
        self, request: HttpRequest, report: ZReport, chosen: list[Discrepancy], form: ReasonForm
    ) -> HttpResponse:
        accepted = 0
        for discrepancy in chosen:
            try:
                reconciliation.accept(
                    discrepancy=discrepancy,
                    by=user_of(request),
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                )
                accepted += 1
            except DomainError as refusal:
                messages.error(request, f"{discrepancy}: {refusal}")
        if accepted:
            said = ngettext("%(count)d difference accepted.", "%(count)d differences accepted.", accepted)
            self.log_change(request, report, f"{said % {'count': accepted}} {form.cleaned_data['reason']}")
            messages.success(request, said % {"count": accepted})
        return HttpResponseRedirect(reverse("admin:stock_zreport_change", args=[report.pk]))


def discrepancy_row(found: Discrepancy) -> dict[str, Any]:
    """Describe a difference: what it is, by how much, and what people have done about it."""
    return {
        "pk": found.pk,
        "what": found.get_what_display(),
        "figure": FIGURES.get(found.key, found.key),
        "expected": _value(found, found.expected),
        "found": _value(found, found.found),
        "difference": _value(found, found.difference, signed=True),
        "details": list(_details(found))[:DETAILS_SHOWN],
        "found_at": here(found.found_at),
        "state": _state(found),
        "waits": not found.accepted_at and not found.resolved_at,
        "accepted": " · ".join(filter(None, (here(found.accepted_at), person(found.accepted_by))))
        if found.accepted_at
        else "",
        "reason": found.reason,
        "resolved": here(found.resolved_at) if found.resolved_at else "",
    }


def _state(found: Discrepancy) -> str:
    if found.accepted_at:
        return badge(pgettext("discrepancy", "Accepted"), "warning")
    return badge(_now("Waits"), "danger")


def _value(found: Discrepancy, value: Decimal | None, *, signed: bool = False) -> str:
    if value is None:
        return NOTHING
    if found.what in IN_ROUBLES and found.key not in COUNTED:
        return signed_money(value) if signed else money(value)
    return figure(value, signed=signed)


def _details(found: Discrepancy) -> Iterator[str]:
    """Name what a difference is made of, each with a way to it: receipts, goods, numbers that are missing."""
    details = found.details if isinstance(found.details, dict) else {}
    for line in details.get("lines", []):
        said = _now("receipt № %(number)s, line %(line)s: SKU “%(sku)s”, barcode “%(barcode)s”") % line
        yield _leading("registers_receipt", line["receipt"], said)
    for receipt in details.get("receipts", []):
        said = _now("receipt № %(number)s: its total and its lines differ by %(difference)s") % receipt
        yield _leading("registers_receipt", receipt["receipt"], said)
    for sku in details.get("skus", []):
        yield _now("SKU %(sku)s: %(expected)s told, %(found)s moved") % sku
    gaps = details.get("gaps", [])
    if gaps:
        yield ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in gaps)


def _leading(model: str, pk: int, words: str) -> str:
    return format_html('<a href="{}" class="text-link">{}</a>', reverse(f"admin:{model}_change", args=[pk]), words)
