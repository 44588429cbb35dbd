"""Files of transactions: what was handed over, how far it is, and which lines nobody could read."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from exchange.admin import file_panel
from exchange.admin.exports import TransactionFileResource
from exchange.admin.file_upload import UploadAdmin
from exchange.models import TransactionFile
from exchange.services.transaction_files import archive
from registers.admin.facts import here, link
from retail.admin.base import NOTHING
from retail.admin.periods import PeriodFilter


@admin.register(TransactionFile)
class TransactionFileAdmin(UploadAdmin):
    empty_says = _("Files with sales come here from the folders of equipment, or are uploaded by hand.")
    empty_leads_to = "exchange.equipment"
    resource_classes = [TransactionFileResource]
    list_display = ("name", "came", "register", "dialect_shown", "state_shown", "how_far", "taken", "apart")
    list_select_related = ("register",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("dialect", ChoicesDropdownFilter),
        ("register", RelatedDropdownFilter),
        ("came_at", PeriodFilter),
    )
    search_fields = ("name", "=sha256", "=register__number")
    search_help_text = _("A name of a file, its SHA-256, or the number of a register")
    ordering = ("-pk",)
    moment = "came_at"
    sortable_by = ()
    panel_template = "exchange/file_panel.html"
    body_template = "exchange/file_body.html"
    fieldsets = ((None, {"fields": (("register_shown", "dialect_shown"), ("came", "by"), "bytes", "hash_shown")}),)
    readonly_fields = ("register_shown", "dialect_shown", "came", "bytes", "hash_shown")

    class Media:
        css = {"all": ["registers/registers.css", "exchange/exchange.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransactionFile]:
        found: QuerySet[TransactionFile] = super().get_queryset(request)
        return found.select_related("register__shop", "by")

    @display(description=_("came at"))
    def came(self, file: TransactionFile) -> str:
        return here(file.came_at)

    @display(description=_("register"))
    def register_shown(self, file: TransactionFile) -> SafeString:
        return link(file.register)

    @display(description=_("dialect"))
    def dialect_shown(self, file: TransactionFile) -> str:
        return file.get_dialect_display()

    @display(description=_("state"))
    def state_shown(self, file: TransactionFile) -> SafeString:
        return file_panel.state(file)

    @display(description=_("how far"))
    def how_far(self, file: TransactionFile) -> SafeString:
        return render_to_string("exchange/percent.html", {"percent": file_panel.percent(file)})

    @display(description=_("accepted / known"))
    def taken(self, file: TransactionFile) -> str:
        return f"{file_panel.figure(file.accepted)} / {file_panel.figure(file.duplicate)}"

    @display(description=_("for people"), empty_value=NOTHING)
    def apart(self, file: TransactionFile) -> str | None:
        """What waits for a person: on the error desk, in conflict, in quarantine."""
        waits = file.error_desk + file.conflict + file.quarantined
        return file_panel.figure(waits) if waits else None

    @display(description=_("size, bytes"))
    def bytes(self, file: TransactionFile) -> str:
        return file_panel.figure(file.size)

    @display(description=_("SHA-256"))
    def hash_shown(self, file: TransactionFile) -> SafeString:
        return format_html('<code class="ex-raw">{}</code>', file.sha256)

    def get_panel(self, request: HttpRequest, obj: TransactionFile) -> dict[str, Any]:
        return {
            "progress": file_panel.progress(obj, url=reverse("admin:exchange_transactionfile_progress", args=[obj.pk])),
            "original_url": reverse("admin:exchange_transactionfile_original", args=[obj.pk]),
            **file_panel.quarantine(obj),
        }

    def get_urls(self) -> list[URLPattern]:
        progress = self.admin_site.admin_view(self.progress_view)
        original = self.admin_site.admin_view(self.original_view)
        return [
            path("<int:pk>/progress/", progress, name="exchange_transactionfile_progress"),
            path("<int:pk>/original/", original, name="exchange_transactionfile_original"),
            *super().get_urls(),
        ]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Render how far a file is, alone: the page asks for it every few seconds."""
        file = self._seen(request, pk)
        progress = file_panel.progress(file, url=request.path)
        response = TemplateResponse(request, "exchange/file_progress.html", {"progress": progress})
        if not progress["active"]:
            response["HX-Refresh"] = "true"  # What it came to stands on the whole of the page.
        response["Cache-Control"] = "no-store"
        return response

    def original_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """Give the original back, as it came."""
        file = self._seen(request, pk)
        try:
            source = archive.opened(file.sha256)
        except OSError as error:
            raise Http404 from error
        response = FileResponse(source, as_attachment=True, filename=file.name, content_type="application/octet-stream")
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def _seen(self, request: HttpRequest, pk: int) -> TransactionFile:
        file = self._found(request, str(pk))
        if not self.has_view_permission(request, file):
            raise PermissionDenied
        return file
