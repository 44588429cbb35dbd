"""Handing over a file of transactions by hand: what it would do is shown before it is loaded."""

from contextlib import suppress
from typing import Any

import structlog
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from exchange import tasks
from exchange.admin import file_panel
from exchange.choices import FileDialect, FileState
from exchange.models import TransactionFile
from exchange.services.transaction_files import archive, checking, receiving
from registers.admin.facts import FactAdmin
from registers.models import Register
from retail.admin.base import user_of
from retail.exceptions import DomainError

LOOKED_AT = 20_000  # pieces of a file before a person has to wait too long
_log = structlog.get_logger(__name__)

_OFFERED: dict[str, str] = {
    FileState.NEW: "load_file",
    FileState.DONE: "load_again",
    FileState.FAILED: "load_again",
}


class UploadForm(forms.Form):
    register = forms.ModelChoiceField(
        Register.objects.none(), label=_("Register"), widget=UnfoldAdminSelectWidget(),
        help_text=_("Of a cash server: the register of its equipment, where its tills are named."),
    )  # fmt: skip
    dialect = forms.ChoiceField(label=_("Dialect"), choices=FileDialect.choices, widget=UnfoldAdminSelectWidget())
    file = forms.FileField(label=_("File"), widget=UnfoldAdminFileFieldWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["register"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Register.objects.select_related("shop").order_by("number")


class UploadAdmin(FactAdmin):
    actions_list: Any = ("upload_file",)
    actions_detail: Any = ("load_file", "load_again")

    def has_load_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("exchange.load_transactionfile")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to load what is new, and to load again what has ended."""
        file = self.get_object(request, object_id)
        state = file.state if file is not None else ""
        wanted = _OFFERED.get(state)
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if wanted and one.action_name.endswith(wanted)]

    @action(
        description=_("Load a file…"),
        url_path="upload",
        permissions=["load"],
        icon="upload_file",
        variant=ActionVariant.PRIMARY,
    )
    def upload_file(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file, keep it, and go on to what it would do."""
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            asked = form.cleaned_data
            try:
                file, made = receiving.receive(
                    source=asked["file"],
                    name=asked["file"].name,
                    dialect=asked["dialect"],
                    register=asked["register"],
                    by=user_of(request),
                    now=timezone.now(),
                    state=FileState.NEW,
                )
            except DomainError as refusal:
                form.add_error("file", str(refusal))
            except OSError:
                _log.exception("transaction_file_not_kept", file=asked["file"].name)
                form.add_error("file", _now("The server could not keep the file: its disk may be full."))
            else:
                if not made and file.state != FileState.NEW:
                    said = _now("This very file was handed over before, as “%(name)s”: nothing is loaded twice.")
                    messages.warning(request, said % {"name": file.name})
                    return HttpResponseRedirect(_page(file))
                return HttpResponseRedirect(reverse("admin:exchange_transactionfile_load_file", args=[file.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media + form.media,
            "title": _("Load a file of transactions"),
            "form": form,
            "back_url": reverse("admin:exchange_transactionfile_changelist"),
        }
        return TemplateResponse(request, "exchange/file_upload.html", context)

    @action(
        description=_("Load"), url_path="load", permissions=["load"], icon="play_arrow", variant=ActionVariant.PRIMARY
    )
    def load_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what a file would do; on the second asking load it."""
        file = self._found(request, object_id)
        if file.state != FileState.NEW:
            return HttpResponseRedirect(_page(file))
        if request.method == "POST":
            receiving.confirm(file=file)
            self._enqueue(request, file)
            return HttpResponseRedirect(_page(file))
        context: dict[str, Any] = {"preview": None}
        try:
            found = checking.check(file=file, now=timezone.now(), most=LOOKED_AT)
            context = file_panel.preview(found)
        except archive.DAMAGE:
            messages.error(request, _now("The file could not be read: hand it over once more."))
        return self._ask(request, file, "exchange/file_preview.html", _("Load this file?"), context)

    @action(description=_("Load again"), url_path="again", permissions=["load"], icon="replay")
    def load_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Load a file once more from its beginning."""
        file = self._found(request, object_id)
        if request.method != "POST":
            return self._ask(request, file, "exchange/file_again.html", _("Load this file again?"), {})
        try:
            receiving.again(file=file)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            self._enqueue(request, file)
        return HttpResponseRedirect(_page(file))

    def _ask(
        self, request: HttpRequest, file: TransactionFile, template: str, title: Any, context: dict[str, Any]
    ) -> HttpResponse:
        known = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": title,
            "original": file,
            "back_url": _page(file),
        }
        return TemplateResponse(request, template, known | context)

    def _enqueue(self, request: HttpRequest, file: TransactionFile) -> None:
        """Give a file to the workers; where the queue is away they find it by themselves within a minute."""
        with suppress(OperationalError):
            tasks.transaction_file_load.delay(file_id=file.pk)
        messages.success(request, _now("The workers have it now; this page shows how far they are."))

    def _found(self, request: HttpRequest, object_id: str) -> TransactionFile:
        file: TransactionFile | None = self.get_object(request, object_id)
        if file is None:
            raise Http404
        return file


def _page(file: TransactionFile) -> str:
    return reverse("admin:exchange_transactionfile_change", args=[file.pk])
