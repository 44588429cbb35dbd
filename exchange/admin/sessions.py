"""The exchange log: each call of a device, what went, how it ended, and what was said while that is kept."""

from typing import Any
from urllib.parse import quote

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from exchange.admin.exports import ExchangeSessionResource
from exchange.choices import PostedKind, SessionResult
from exchange.models import ExchangeSession
from exchange.protocols.equipment_service import xml
from exchange.services.equipment_service import posting, sessions
from registers.admin import bodies
from registers.admin.facts import FactAdmin, badge, here, link
from registers.models import Shift
from retail.admin.base import NOTHING, user_of
from retail.admin.periods import PeriodFilter
from retail.exceptions import DomainError
from stock.models import ZReport

COLOURS = {SessionResult.DONE: "success", SessionResult.REFUSED: "warning", SessionResult.FAILED: "danger"}
MAY_REPEAT = "stock.process_transactions"
SHIFTS_SHOWN = 20
TITLES = {
    "Connect": _("Connection"),
    "GetVersion": _("Version of the format"),
    "GetSettings": _("Settings"),
    "GetPriceList": _("Price list in one piece"),
    "PreparePriceList": _("Price list asked for"),
    "PrepareFullPriceList": _("Full price list asked for"),
    "GetPriceListPackage": _("Package of a price list"),
    "GetGood": _("One good by its barcode"),
    "GetDocTypes": _("Kinds of documents"),
    "GetDocs": _("Orders for a courier"),
    "PostDocs": _("Documents of the device"),
    "ExportData": _("File for the device"),
    "ImportData": _("File from the device"),
}


class OperationFilter(DropdownFilter):
    title = _("operation")
    parameter_name = "operation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, f"{TITLES[name]} ({name})") for name in TITLES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ExchangeSession]) -> QuerySet[ExchangeSession]:
        return queryset.filter(operation=self.value()) if self.value() else queryset


@admin.register(ExchangeSession)
class ExchangeSessionAdmin(FactAdmin):
    empty_says = _(
        "Every call of a device of EquipmentService is kept here with what it asked and was told. None has called yet."
    )
    empty_leads_to = "exchange.equipment"
    resource_classes = [ExchangeSessionResource]
    list_display = ("began", "device", "operation_shown", "result_shown", "what", "took", "sizes")
    list_display_links = ("began",)
    list_select_related = ("equipment__register",)
    list_filter = (
        ("result", ChoicesDropdownFilter),
        OperationFilter,
        ("equipment", RelatedDropdownFilter),
        ("began_at", PeriodFilter),
    )
    search_fields = ("=device_id", "equipment__name", "summary", "error")
    search_help_text = _("A device id, a name of equipment, or words of what went or went wrong")
    ordering = ("-pk",)
    moment = "began_at"
    sortable_by = ()
    panel_template = "exchange/session_panel.html"
    body_template = "exchange/session_body.html"
    actions_detail = ("repeat",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("operation_shown", "began", "took"),
                    ("device", "register", "user"),
                    ("address", "sizes"),
                )
            },
        ),
    )
    readonly_fields = ("operation_shown", "began", "took", "device", "register", "sizes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExchangeSession]:
        found: QuerySet[ExchangeSession] = super().get_queryset(request)
        return found.select_related("equipment__register", "user", "document").defer(
            "asked", "answered", "document__packed"
        )

    @display(description=_("began at"))
    def began(self, session: ExchangeSession) -> str:
        return here(session.began_at)

    @display(description=_("device"), empty_value=NOTHING)
    def device(self, session: ExchangeSession) -> str | None:
        return link(session.equipment) if session.equipment else session.device_id or None

    @display(description=_("register"), empty_value=NOTHING)
    def register(self, session: ExchangeSession) -> str | None:
        register = session.equipment.register if session.equipment else None
        return link(register) if register else None

    @display(description=_("operation"), empty_value=NOTHING)
    def operation_shown(self, session: ExchangeSession) -> SafeString | None:
        if not session.operation:
            return None
        title = TITLES.get(session.operation, "")
        return format_html('{}<br><span class="rg-muted">{}</span>', title, session.operation)

    @display(description=_("result"))
    def result_shown(self, session: ExchangeSession) -> str:
        return result_badge(session)

    @display(description=_("what went"), empty_value=NOTHING)
    def what(self, session: ExchangeSession) -> str | None:
        said = session.error or session.summary
        return Truncator(said).chars(120) if said else None

    @display(description=_("took"))
    def took(self, session: ExchangeSession) -> str:
        if session.milliseconds < 1000:
            return _now("%(count)d ms") % {"count": session.milliseconds}
        return _now("%(count)s s") % {"count": number_format(session.milliseconds / 1000, 1)}

    @display(description=_("in / out"))
    def sizes(self, session: ExchangeSession) -> str:
        return f"{filesizeformat(session.bytes_in)} / {filesizeformat(session.bytes_out)}"

    def get_panel(self, request: HttpRequest, obj: ExchangeSession) -> dict[str, Any]:
        return {
            "result": result_badge(obj),
            "shifts": _shifts(obj),
            "letters": [letter for letter in (self._letter(obj, "asked"), self._letter(obj, "answered")) if letter],
            "document": self._document(obj),
        }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.raw_view)
        raw = path("<int:pk>/raw/<str:which>/", view, name="exchange_exchangesession_raw")
        return [raw, *super().get_urls()]

    def raw_view(self, request: HttpRequest, pk: int, which: str) -> HttpResponse:
        session = self.get_object(request, str(pk))
        if session is None or not self.has_view_permission(request, session):
            raise Http404
        raw = _raw(session, which)
        if raw is None:
            raise Http404
        return bodies.download(raw, name=f"exchange-{pk}-{which}.xml")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to repeat only what posted a document that is kept."""
        session = self.get_object(request, object_id)
        posted = session is not None and session.document is not None and session.document.kind == PostedKind.SALES
        return super().get_actions_detail(request, object_id) if posted else []

    @action(description=_("Take in once more"), url_path="repeat", permissions=["repeat"], icon="replay")
    def repeat(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the kept document in again: what is known stays, what could not be understood then may be now."""
        session = self.get_object(request, object_id)
        if session is None or session.document is None or session.equipment is None:
            raise Http404
        if session.document.kind != PostedKind.SALES:
            raise Http404  # The rest is kept as it is: there is nothing to take in.
        page = reverse("admin:exchange_exchangesession_change", args=[session.pk])
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "media": self.media,
                "title": _("Take in once more"),
                "original": session,
                "back_url": page,
            }
            return TemplateResponse(request, "exchange/repeat_session.html", context)
        try:
            done = posting.post(
                equipment=session.equipment,
                doc_type="SaleReports",
                document=session.document.raw.decode(),
                by=user_of(request),
                now=timezone.now(),
            )
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, done.summary, messages.SUCCESS)
        return HttpResponseRedirect(page)

    def has_repeat_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm(MAY_REPEAT)

    def _letter(self, session: ExchangeSession, which: str) -> dict[str, Any] | None:
        """Return an envelope as it is shown: laid out in lines, with the document inside it."""
        raw = _raw(session, which)
        if raw is None:
            return None
        title = {"asked": _("What the device asked"), "answered": _("What it was answered")}[which]
        return {"title": title, **_shown(raw), "raw_url": _raw_url(session, which)}

    def _document(self, session: ExchangeSession) -> dict[str, Any] | None:
        """Return the document that is kept for ever, where the envelope it came in has been forgotten."""
        if session.document is None or _raw(session, "asked") is not None:
            return None
        title = session.document.get_kind_display()
        return {"title": title, **_shown(session.document.raw), "raw_url": _raw_url(session, "document")}


def result_badge(session: ExchangeSession) -> str:
    return badge(session.get_result_display(), COLOURS.get(SessionResult(session.result), ""))


def _shifts(session: ExchangeSession) -> list[dict[str, Any]]:
    """Return the shifts that a call told of, each with its Z-reports, in two statements."""
    register = session.equipment.register_id if session.equipment else None
    if register is None or not session.shifts:
        return []
    found = Shift.objects.filter(register=register, number__in=session.shifts[:SHIFTS_SHOWN]).order_by("number", "era")
    reports: dict[int, list[str]] = {}
    for report in ZReport.objects.filter(shift__in=found).order_by("pk"):
        reports.setdefault(report.shift_id, []).append(link(report))
    return [{"shift": link(shift), "reports": reports.get(shift.pk, [])} for shift in found]


def _raw(session: ExchangeSession, which: str) -> bytes | None:
    if which == "document":
        return session.document.raw if session.document else None
    return sessions.unpacked(getattr(session, which)) if which in ("asked", "answered") else None


def _raw_url(session: ExchangeSession, which: str) -> str:
    return reverse("admin:exchange_exchangesession_raw", args=[session.pk, quote(which)])


def _shown(raw: bytes) -> dict[str, Any]:
    try:
        laid_out = xml.pretty(raw).encode()
    except xml.NotXml:
        laid_out = raw
    return {"body": bodies.as_it_came(laid_out), "size": len(raw)}
