"""Import of goods in the admin: choose a file, see what it would change and what is wrong with it, confirm.

The library gives the pages, the temporary file and the two steps; the reading, comparing and writing are the
service's, so that a file of a hundred thousand rows takes no more memory here than a short one.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportMixin
from import_export.formats.base_formats import Format
from import_export.resources import ModelResource, Resource
from import_export.results import Result
from unfold.contrib.import_export.forms import ImportForm

from retail.admin.exports import ExportAdmin, workbook_file
from retail.admin.uploads import UploadFolder
from retail.exceptions import DomainError
from retail.services import imports
from retail.services.imports import Action, Outcome

MAX_ROWS = 100_000
_SHOWN = 100


class GoodsFile(Format):
    """Excel or CSV, told apart by what is in the file."""

    kind = ""

    def __init__(self, encoding: str | None = None) -> None:
        """Take the encoding that the library offers, and find it out from the file instead."""

    def get_title(self) -> str:
        return gettext("Excel (.xlsx) or CSV")

    def can_import(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes) -> imports.Import:
        return imports.read(kind=self.kind, file=BytesIO(in_stream))


class GoodsResult(Result):
    """How the rows ended: totals of all, and the first of those worth showing."""

    def __init__(self) -> None:
        super().__init__()
        self.counted = imports.Totals()
        self.unknown: list[str] = []
        self.shown: list[Outcome] = []
        self.faults: list[Outcome] = []
        self.broken = ""
        self.too_long = False

    def add(self, outcome: Outcome) -> None:
        self.counted[outcome.action] += 1
        kept = self.faults if outcome.action is Action.FAULTY else self.shown
        if outcome.action is not Action.SAME and len(kept) < _SHOWN:
            kept.append(outcome)

    @property
    def writes(self) -> int:
        return self.counted[Action.NEW] + self.counted[Action.CHANGED]

    @property
    def faulty(self) -> int:
        return self.counted[Action.FAULTY]

    def has_errors(self) -> bool:
        return bool(self.broken or self.too_long)

    def has_validation_errors(self) -> bool:
        """There is nothing to confirm where nothing would be written; faulty rows do not keep the others out."""
        return not self.writes


class GoodsResource(ModelResource):
    class Meta:
        name = _("Goods")

    def import_data(self, dataset: imports.Import, dry_run: bool = False, **kwargs: Any) -> GoodsResult:
        """Check or take in a file. What was committed before a file broke off stays."""
        result = GoodsResult()
        result.unknown = dataset.unknown
        now, file_name = timezone.now(), kwargs.get("file_name") or ""
        outcomes = dataset.check(now=now) if dry_run else dataset.run(now=now, file_name=file_name)
        try:
            for outcome in outcomes:
                result.add(outcome)
                if dry_run and result.counted.rows > MAX_ROWS:
                    result.too_long = True
                    break
        except imports.UnreadableFile as error:
            result.broken = str(error)
        return result


class ImportAdmin(ImportMixin, ExportAdmin):
    """Adds "Import" to a list of goods, for those who may add and change what it holds."""

    import_kind = ""
    import_command = ""  # Where it is not that of goods.
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    import_template_name = "retail/import.html"
    import_form_class = ImportForm
    tmp_storage_class = UploadFolder

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_import_template"
        template = path("import/template/", self.admin_site.admin_view(self.import_template), name=name)
        return [template, *super().get_urls()]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request) and super().has_change_permission(request))

    def get_import_formats(self) -> list[type[Format]]:
        return [type("KindFile", (GoodsFile,), {"kind": self.import_kind})]

    def get_import_resource_classes(self, request: HttpRequest) -> Sequence[type[Resource]]:
        return [GoodsResource]

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "columns": imports.KINDS[self.import_kind].columns,
            "kind": self.import_kind,
            "command": self.import_command or f"manage.py import_goods FILE --kind {self.import_kind}",
            "max_rows": MAX_ROWS,
            "template_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import_template"),
        }

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().process_import(request, **kwargs)
        except FileNotFoundError:  # Confirmed twice, or a day later.
            messages.error(request, gettext("This file has been imported already, or is gone: choose it again."))
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import"))
        return response

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        if not isinstance(e, DomainError):
            raise e
        form.add_error("import_file", str(e))

    def process_result(self, result: GoodsResult, request: HttpRequest) -> HttpResponse:
        """Say what the import did."""
        counted = {"new": result.counted[Action.NEW], "changed": result.counted[Action.CHANGED]}
        said = gettext("Imported: %(new)s new, %(changed)s changed.") % counted
        messages.success(request, said)
        if result.faulty:
            left = gettext("%(count)s faulty rows were left out.") % {"count": result.faulty}
            messages.warning(request, left)
        if result.broken:
            messages.error(request, result.broken)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def import_template(self, request: HttpRequest) -> FileResponse:
        """Answer with an empty workbook of the right columns and a row of examples."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        columns = imports.KINDS[self.import_kind].columns
        headers = [capfirst(str(column.title)) for column in columns]
        file = workbook_file(headers, [[column.example for column in columns]], as_text=True)
        return FileResponse(file, as_attachment=True, filename=f"{self.import_kind}.xlsx")
