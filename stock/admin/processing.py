"""«Обработать транзакции ККМ»: what waits, above every list of documents of sales, and the button that makes them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant

from registers.admin.facts import here, link, list_url
from registers.models import Register
from stock.admin.sales_pages import with_sums
from stock.admin.shown import agreement_badge, document_link, money
from stock.choices import DocumentKind
from stock.models import CurrentSales, ZReport
from stock.services import outstanding, processing
from stock.services.outstanding import Waiting
from stock.services.sales import SalesDocument

SHOWN = 200


class ProcessingAdmin(ModelAdmin):
    actions_list = ("process_transactions",)
    list_before_template = "stock/waiting.html"

    def has_process_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("stock.process_transactions")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        found = outstanding.summary()
        context = {"waiting": _shown(found), "waiting_url": list_url("registers.receipt", posted="no")}
        response: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return response

    @action(
        description=_("Process transactions now"),
        url_path="process",
        permissions=["process"],
        icon="sync",
        variant=ActionVariant.PRIMARY,
    )
    def process_transactions(self, request: HttpRequest) -> HttpResponse:
        """Show what waits from each register; on the second asking process those chosen, and show what was made."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": _("Process transactions now"),
            "back_url": reverse(f"admin:stock_{self.opts.model_name}_changelist"),
        }
        if request.method != "POST":
            rows = [{"register": register, **_shown(found)} for register, found in outstanding.by_register()]
            return TemplateResponse(request, "stock/process.html", {**context, "rows": rows})
        chosen = request.POST.getlist("register")
        registers = list(Register.objects.filter(pk__in=[pk for pk in chosen if pk.isdecimal()]).order_by("number"))
        if not registers:
            messages.error(request, _now("Choose at least one register."))
            return HttpResponseRedirect(request.path)
        documents, failed = _process(registers)
        if failed:
            said = ngettext("%(count)d shift was not processed.", "%(count)d shifts were not processed.", failed)
            again = _now("It will be tried again; the log says why.")
            messages.error(request, f"{said % {'count': failed}} {again}")
        context |= {
            "made": _made_rows(documents[-SHOWN:]),
            "made_count": len(documents),
            "left": _shown(outstanding.summary()),
        }
        return TemplateResponse(request, "stock/processed.html", context)


def _process(registers: list[Register]) -> tuple[list[SalesDocument], int]:
    """Process what waits from these registers, one after another; return documents made and how many shifts failed."""
    documents: list[SalesDocument] = []
    failed = 0
    for register in registers:
        done = processing.run(now=timezone.now(), register=register)
        documents += done.documents
        failed += len(done.failed)
    return documents, failed


def _shown(found: Waiting) -> dict[str, Any]:
    return {
        "any": found.receipts or found.shifts,
        "receipts": found.receipts,
        "shifts": found.shifts,
        "since": here(found.since) if found.since else None,
        "ago": timesince(found.since, depth=1) if found.since else None,
    }


def _made_rows(documents: list[SalesDocument]) -> list[dict[str, Any]]:
    """Describe documents just made, read anew: the database has counted their sums."""
    keys = [document.pk for document in documents]
    related = ("register", "shift", "warehouse")
    reports = ZReport.objects.with_agreement().filter(pk__in=keys).select_related(*related)
    found: list[Any] = [
        *reports,
        *with_sums(CurrentSales.objects.filter(pk__in=keys).select_related(*related)),
    ]
    return [
        {
            "document": document_link(document),
            "register": link(document.register),
            "shift": link(document.shift),
            "warehouse": document.warehouse,
            "sales": money(document.sales),
            "returns": money(document.returns),
            "agreement": agreement_badge(document.agreement) if document.kind == DocumentKind.Z_REPORT else "",
        }
        for document in sorted(found, key=lambda document: document.pk)
    ]
