"""The page on which a transaction is corrected: by its common fields, or as JSON. The original is shown below."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from registers.admin import bodies
from registers.admin.transactions import body_of
from registers.models import KkmTransaction
from registers.services import problems, reading
from retail.admin.base import user_of
from retail.exceptions import DomainError
from stock.admin.error_desk_form import FieldsForm, parse, write
from stock.services import error_desk
from stock.services.error_desk.refusals import StillBroken


class CorrectionForm(forms.Form):
    """What goes with either way of correcting. `despite_flags` is asked only where nothing worse is wrong."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_(
            "What the correction rests on: the till's own copy, the cashier's word. It is kept with your name."
        ),
    )
    despite_flags = forms.BooleanField(required=False)


class CorrectingMixin:
    def correct_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the fields and the JSON; on a posted correction apply it, or show what would still be wrong."""
        recorded = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if recorded is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        page = _Page(recorded)
        if request.method == "POST" and page.answer(request):
            return HttpResponseRedirect(reverse("admin:stock_desktransaction_change", args=[recorded.pk]))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "media": self.media,  # type: ignore[attr-defined]
            "original": recorded,
            "title": _("Correct %(transaction)s") % {"transaction": recorded},
            "back_url": reverse("admin:stock_desktransaction_change", args=[recorded.pk]),
            "folded": True,
            **page.context(),
            **body_of(recorded),
        }
        return TemplateResponse(request, "stock/desk_correct.html", context)


class _Page:
    """One showing of the page: the body as it is being corrected, and what would be wrong with it."""

    def __init__(self, recorded: KkmTransaction) -> None:
        self.recorded = recorded
        self.text = bodies.as_it_came(recorded.raw).text
        self.base = parse(recorded.raw)
        if recorded.protocol != reading.OURS:
            zone = recorded.register.shop.zone
            self.base = parse(reading.in_our_words(recorded.raw, protocol=recorded.protocol, zone=zone))
        if self.base is not None:
            self.text = write(self.base)
        self.found: list[Mapping[str, Any]] = [one for one in recorded.problems if isinstance(one, dict)]
        self.refused = self.flags_only = False
        self.form = CorrectionForm()

    def answer(self, request: HttpRequest) -> bool:
        """Apply what was posted; False when it was refused, with the page ready to say why."""
        self.form = CorrectionForm(request.POST)
        self.text = request.POST.get("body", "")
        if request.POST.get("mode") == "fields" and (base := parse(self.text)) is not None:
            fields = FieldsForm(request.POST, body=base, recorded=self.recorded, found=self.found)
            if fields.is_valid():
                self.text = write(fields.result())
        self.base = parse(self.text)
        if not self.form.is_valid():
            messages.error(request, gettext("Say why: whoever looks at it later wants to know."))
            return False
        try:
            error_desk.correct(
                transaction_id=self.recorded.pk,
                body=self.text,
                by=user_of(request),
                reason=self.form.cleaned_data["reason"],
                now=timezone.now(),
                despite_flags=self.form.cleaned_data["despite_flags"],
            )
        except StillBroken as refusal:
            self.found, self.flags_only, self.refused = list(refusal.found), refusal.flags_only, True
            return False
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return False
        messages.success(request, gettext("The correction is applied; what came stays beside it."))
        return True

    def context(self) -> dict[str, Any]:
        fields = None
        if self.base is not None:
            fields = FieldsForm(None, body=self.base, recorded=self.recorded, found=self.found)
        return {
            "form": self.form,
            "fields": fields,
            "text": self.text,
            "refused": self.refused,
            "flags_only": self.flags_only,
            "found": [(problems.describe(problem), problems.remedy(problem)) for problem in self.found],
        }
