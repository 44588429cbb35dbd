"""Lists as Excel and CSV files of any length: rows go from the database into the file as they are read.

Texts that a spreadsheet would run as formulas are disarmed. The columns of goods are those that an import takes, so
that an exported file can be edited and sent back.
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import openpyxl
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import Format
from import_export.resources import ModelResource
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from unfold.contrib.import_export.forms import ExportForm

from retail.services import formulas

_CHUNK = 2000
_SHEET_ROWS = 1_048_575  # Of Excel, without the header.


class ExcelFile(Format):
    def get_title(self) -> str:
        return "Excel (.xlsx)"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def can_export(self) -> bool:
        return True


class CsvFile(Format):
    """As Excel in Russia opens it: UTF-8 with its mark, semicolons, decimal commas left to the reader."""

    def get_title(self) -> str:
        return "CSV (UTF-8; ;)"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def can_export(self) -> bool:
        return True


class ListResource(ModelResource):
    """Fields in the order of the columns; rows are what `rows` makes of the list that a person sees."""

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset

    def prepare(self) -> None:
        """Read once what every row needs."""

    def values(self, row: Model) -> list[Any]:
        """Return a row's values as cells of a file."""
        return [_cell(self.value(name, field, row)) for name, field in self.fields.items()]

    def value(self, name: str, field: Field, row: Model) -> Any:
        dehydrate = getattr(self, f"dehydrate_{name}", None)
        return dehydrate(row) if dehydrate else field.get_value(row)


class OrganizationResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    full_name = Field(attribute="full_name", column_name=_("full name"))
    inn = Field(attribute="inn", column_name=_("INN"))
    kpp = Field(attribute="kpp", column_name=_("KPP"))
    address = Field(attribute="address", column_name=_("address"))


class CounterpartyResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    inn = Field(attribute="inn", column_name=_("INN"))
    kpp = Field(attribute="kpp", column_name=_("KPP"))
    address = Field(attribute="address", column_name=_("address"))


class ShopResource(ListResource):
    code = Field(attribute="code", column_name=_("code"))
    name = Field(attribute="name", column_name=_("name"))
    organization = Field(attribute="organization", column_name=_("organization"))
    time_zone = Field(attribute="get_time_zone_display", column_name=_("time zone"))
    address = Field(attribute="address", column_name=_("address"))


class WarehouseResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    organization = Field(attribute="organization", column_name=_("organization"))
    shop = Field(attribute="shop", column_name=_("shop"))
    retail_price_type = Field(attribute="retail_price_type", column_name=_("retail price type"))


class ExportAdmin(ExportMixin):
    """Adds "Export" to a list that has `resource_classes`: what filters and search leave of it, in the list's order."""

    import_export_change_list_template = "admin/import_export/change_list_export.html"
    export_form_class = ExportForm
    export_formats = [ExcelFile, CsvFile]
    resource_classes: list[type[ListResource]] = []

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.resource_classes and self.has_view_permission(request))

    def _do_file_export(
        self, file_format: Format, request: HttpRequest, queryset: QuerySet[Any], export_form: Any = None
    ) -> HttpResponse | StreamingHttpResponse | FileResponse:
        resource: ListResource = self.choose_export_resource_class(export_form, request)()
        rows = resource.rows(queryset)
        name = self.get_export_filename(request, queryset, file_format)
        if isinstance(file_format, CsvFile):
            return csv_answer(name, _headers(resource), _records(resource, rows))
        if rows.count() > _SHEET_ROWS:
            messages.error(request, gettext("A sheet of Excel holds a million rows: narrow the list or choose CSV."))
            return HttpResponseRedirect(request.get_full_path())
        return FileResponse(
            _workbook(resource, rows), as_attachment=True, filename=name, content_type=file_format.get_content_type()
        )


def _records(resource: ListResource, rows: QuerySet[Any]) -> Iterator[list[Any]]:
    resource.prepare()
    for row in rows.iterator(chunk_size=_CHUNK):
        yield resource.values(row)


def _headers(resource: ListResource) -> list[str]:
    return [capfirst(str(field.column_name)) for field in resource.fields.values()]


class _Echo:
    """What csv writes to: it hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_answer(name: str, headers: Iterable[str], records: Iterable[list[Any]]) -> StreamingHttpResponse:
    """Answer with a CSV file of any length, line by line."""
    response = StreamingHttpResponse(_csv(headers, records), content_type=CsvFile().get_content_type())
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv(headers: Iterable[str], records: Iterable[list[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    yield "\ufeff"
    yield writer.writerow(headers)
    for record in records:
        yield writer.writerow([formulas.arm(value) for value in record])


def _workbook(resource: ListResource, rows: QuerySet[Any]) -> Any:
    return workbook_file(_headers(resource), _records(resource, rows))


def workbook_file(headers: Iterable[str], records: Iterable[list[Any]], *, as_text: bool = False) -> Any:
    """Write a workbook of one sheet into a temporary file and return it open at its beginning.

    `as_text` formats the cells as text, so that what a person types keeps its leading zeros.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    titles = []
    for place, header in enumerate(headers):
        cell = WriteOnlyCell(sheet, value=header)
        cell.font = Font(bold=True)
        sheet.column_dimensions[openpyxl.utils.get_column_letter(place + 1)].width = max(14, len(header) + 4)
        titles.append(cell)
    sheet.append(titles)
    for record in records:
        values = [formulas.cell(value) for value in record]
        cells = [WriteOnlyCell(sheet, value=value) for value in values] if as_text else values
        for cell in cells if as_text else ():
            cell.number_format = "@"
        sheet.append(cells)
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - whoever answers with it closes it.
    book.save(file)
    file.seek(0)
    return file


def _cell(value: Any) -> Any:
    """Return a value as a spreadsheet takes it: local times without a zone, words for yes and no."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    if value is None or isinstance(value, Model):
        return "" if value is None else str(value)
    return value
