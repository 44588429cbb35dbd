"""Pages on which people count: fill, scan, load a file, and decide on what nobody has counted."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from retail.admin.exports import workbook_file
from retail.exceptions import DomainError
from retail.models import ItemGroup
from retail.services import groups
from retail.services.figures import quantity as shown
from stock.models import StockCount
from stock.services import count_files, count_lines, documents

SHOWN_FAULTS = 50
LATEST = 15
_DECISIONS: dict[str, bool | None] = {"books": True, "none": False, "off": None}


class FillForm(forms.Form):
    group = forms.ModelChoiceField(
        ItemGroup.objects.all(),
        label=_("Group"),
        required=False,
        empty_label=_("All goods of the warehouse"),
        widget=UnfoldAdminSelect2Widget,
        help_text=_("With all groups under it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        paths = sorted(groups.paths().items(), key=lambda path: path[1])
        self.fields["group"].choices = [("", _("All goods of the warehouse")), *paths]  # type: ignore[attr-defined]


class ScanForm(forms.Form):
    code = forms.CharField(
        label=_("Barcode or code"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True, "autocomplete": "off", "inputmode": "search"}),
    )
    quantity = forms.DecimalField(
        label=_("Quantity"),
        required=False,
        localize=True,
        max_digits=15,
        decimal_places=3,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "inputmode": "decimal"}),
        help_text=_("Empty: one, or what the label of the scales says. Below zero: take back."),
    )


class FileForm(forms.Form):
    file = forms.FileField(label=_("File"), widget=UnfoldAdminFileFieldWidget)


class CountingMixin:
    """Adds to the page of a draft count the ways in which its lines are counted."""

    actions_detail: tuple[Any, ...] = (
        "post_document",
        "scan",
        {
            "title": _("Lines"),
            "icon": "checklist",
            "items": ["fill", "load_file", "sheet", "settle_uncounted"],
        },
        "reverse_document",
        "draft_again",
        "print_document",
    )
    draft_actions = frozenset({"scan", "fill", "load_file", "sheet", "settle_uncounted"})

    def has_count_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(self.has_change_permission(request))  # type: ignore[attr-defined]

    def action_url(self, name: str, pk: object) -> str:
        return reverse(f"admin:stock_stockcount_{name}", args=[pk])

    @action(description=_("Scan"), url_path="scan", permissions=["count"], icon="barcode_scanner")
    def scan(self, request: HttpRequest, object_id: str) -> HttpResponse:
        count = self._draft(request, object_id)
        if isinstance(count, HttpResponse):
            return count
        form = ScanForm(request.POST or None)
        key = f"count-{count.pk}"
        if request.method == "POST" and form.is_valid():
            try:
                line = count_lines.add(count=count, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages[0])
            except DomainError as refusal:
                form.add_error("code", str(refusal))
            else:
                added = form.cleaned_data["quantity"]
                row = [
                    line.sku.code,
                    line.sku.name,
                    "" if added is None else shown(added),
                    shown(line.counted or Decimal(0)),
                ]
                request.session[key] = [row, *request.session.get(key, [])][:LATEST]
                return HttpResponseRedirect(request.path)
        return self._show(request, count, "stock/scan.html", _("Scan"), form=form, rows=request.session.get(key, []))

    @action(description=_("Fill from the books"), url_path="fill", permissions=["count"], icon="playlist_add")
    def fill(self, request: HttpRequest, object_id: str) -> HttpResponse:
        count = self._draft(request, object_id)
        if isinstance(count, HttpResponse):
            return count
        form = FillForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            added = self._try(request, lambda: count_lines.fill(count=count, group=form.cleaned_data["group"]))
            if added is not None:
                said = ngettext("%(lines)d line was put on.", "%(lines)d lines were put on.", added) % {"lines": added}
                messages.success(request, said)
            return self.to_page(count.pk)  # type: ignore[attr-defined, no-any-return]
        return self._show(request, count, "stock/fill_count.html", _("Fill from the books"), form=form)

    @action(description=_("Load from a file"), url_path="file", permissions=["count"], icon="upload_file")
    def load_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        count = self._draft(request, object_id)
        if isinstance(count, HttpResponse):
            return count
        form, loaded = FileForm(request.POST or None, request.FILES or None), None
        if request.method == "POST" and form.is_valid():
            try:
                loaded = count_files.load(count=count, file=form.cleaned_data["file"].file)
            except DomainError as refusal:
                form.add_error("file", str(refusal))
            else:
                counted = {"counted": loaded.counted, "added": loaded.added}
                messages.success(
                    request,
                    _now("SKUs with a figure from the file: %(counted)s, new on the count: %(added)s.") % counted,
                )
                if not loaded.faults:
                    return self.to_page(count.pk)  # type: ignore[attr-defined, no-any-return]
        faults = loaded.faults if loaded else []
        return self._show(
            request,
            count,
            "stock/load_count.html",
            _("Load from a file"),
            form=form,
            columns=count_files.COLUMNS,
            faults=[(number, str(problem)) for number, problem in faults[:SHOWN_FAULTS]],
            more=max(0, len(faults) - SHOWN_FAULTS),
            sheet_url=self.action_url("sheet", count.pk),
        )

    @action(description=_("Counting sheet"), url_path="sheet", permissions=["count"], icon="download")
    def sheet(self, request: HttpRequest, object_id: str) -> HttpResponse | FileResponse:
        """Answer with the lines as a file that can be filled in at the shelf and loaded."""
        count = self._draft(request, object_id)
        if isinstance(count, HttpResponse):
            return count
        headers = [
            capfirst(str(title)) for title in (count_files.CODE.title, _("name"), _("unit"), count_files.COUNTED.title)
        ]
        lines = count.count_lines.select_related("sku__item__unit").order_by("line").iterator(chunk_size=2000)
        records = ([line.sku.code, line.sku.name, line.sku.item.unit.short_name, line.counted] for line in lines)
        return FileResponse(workbook_file(headers, records), as_attachment=True, filename=f"count-{count.number}.xlsx")

    @action(description=_("Not counted"), url_path="uncounted", permissions=["count"], icon="rule")
    def settle_uncounted(self, request: HttpRequest, object_id: str) -> HttpResponse:
        count = self._draft(request, object_id)
        if isinstance(count, HttpResponse):
            return count
        chosen = request.POST.get("decision", "")
        if chosen in _DECISIONS:
            decided = self._try(
                request, lambda: count_lines.settle_uncounted(count=count, as_expected=_DECISIONS[chosen])
            )
            if decided is not None:
                said = ngettext("%(lines)d line was decided.", "%(lines)d lines were decided.", decided)
                messages.success(request, said % {"lines": decided})
            return self.to_page(count.pk)  # type: ignore[attr-defined, no-any-return]
        uncounted = count.count_lines.filter(counted=None).count()
        return self._show(request, count, "stock/uncounted.html", _("Not counted"), uncounted=uncounted)

    def _try(self, request: HttpRequest, verb: Any) -> int | None:
        try:
            changed: int = verb()
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return None
        return changed

    def _draft(self, request: HttpRequest, object_id: str) -> StockCount | HttpResponse:
        """Return the count as long as it is a draft, else the answer that leads away."""
        count: StockCount | None = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if count is None:
            return self._missing(request, object_id)  # type: ignore[attr-defined, no-any-return]
        try:
            documents.check_is_draft(document=count)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return self.to_page(count.pk)  # type: ignore[attr-defined, no-any-return]
        return count

    def _show(self, request: HttpRequest, count: StockCount, template: str, title: Any, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "media": self.media,  # type: ignore[attr-defined]
            "form_media": more["form"].media if "form" in more else "",
            "original": count,
            "title": title,
            "document": count,
            "back_url": self._url(count.pk),  # type: ignore[attr-defined]
            **more,
        }
        return TemplateResponse(request, template, context)
