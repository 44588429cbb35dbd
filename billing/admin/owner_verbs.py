"""What is done on the request of a person: all that is held about them is given out, or their data is erased."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from billing.admin import owner_files, shown
from billing.models import CardOwner
from billing.services import owners
from retail.admin.base import user_of
from retail.admin.uploads import UploadFolder
from retail.choices import EditSource
from retail.exceptions import DomainError
from retail.services import editors, edits

KEEP, CLOSE = "keep", "close"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class EraseForm(forms.Form):
    request = forms.CharField(
        label=_("By which request"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Its date and number. No personal data: this stays."),
    )
    cards = forms.ChoiceField(
        label=_("Cards"),
        choices=[(KEEP, _("Work on")), (CLOSE, _("Are closed for ever"))],
        initial=KEEP,
        widget=UnfoldAdminRadioSelectWidget,
    )


class OwnerVerbs(ModelAdmin):
    actions_detail: Any = ("export_json", "export_workbook", "erase_owner")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        owner = self.get_object(request, object_id)
        if owner is not None and owner.erased_at is None:
            return allowed
        return [one for one in allowed if one.method.original_function_name != "erase_owner"]

    def has_give_out_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return shown.sees_people(request)

    def has_erase_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.erase_cardowner")

    @action(description=_("All held: JSON"), url_path="json", permissions=["give_out"], icon="data_object")
    def export_json(self, request: HttpRequest, object_id: str) -> HttpResponse:
        owner = self._owner(request, object_id)
        response = HttpResponse(owner_files.as_json(owner, now=timezone.now()), content_type="application/json")
        return self._given_out(request, owner, response, "json")

    @action(description=_("All held: Excel"), url_path="xlsx", permissions=["give_out"], icon="table")
    def export_workbook(self, request: HttpRequest, object_id: str) -> HttpResponse:
        owner = self._owner(request, object_id)
        response = HttpResponse(owner_files.as_workbook(owner), content_type=EXCEL)
        return self._given_out(request, owner, response, "xlsx")

    @action(
        description=_("Erase data…"),
        url_path="erase",
        permissions=["erase"],
        icon="delete_forever",
        variant=ActionVariant.DANGER,
    )
    def erase_owner(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what goes and what stays; on the second asking erase it."""
        owner = self._owner(request, object_id)
        if not self.has_erase_permission(request):
            raise PermissionDenied
        form = EraseForm(request.POST or None)
        back_url = reverse("admin:billing_cardowner_change", args=[owner.pk])
        try:
            owners.check_not_erased(owner=owner)
            if request.method != "POST" or not form.is_valid():
                return self._page(request, owner, form, back_url)
            owners.erase(
                owner=owner,
                request=form.cleaned_data["request"],
                close_cards=form.cleaned_data["cards"] == CLOSE,
                by=user_of(request),
                now=timezone.now(),
            )
            UploadFolder().forget()  # A file that waits for its confirmation may name the person.
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The personal data of owner %(owner)s is erased.") % {"owner": owner})
        return HttpResponseRedirect(back_url)

    def _owner(self, request: HttpRequest, object_id: str) -> CardOwner:
        owner: CardOwner | None = self.get_object(request, object_id)
        if owner is None:
            raise Http404
        if not shown.sees_people(request):
            raise PermissionDenied
        return owner

    def _given_out(
        self, request: HttpRequest, owner: CardOwner, response: HttpResponse, extension: str
    ) -> HttpResponse:
        """Write down to whom. Requests that only read are signed by nobody otherwise."""
        with editors.editing(source=EditSource.PAGE, by=user_of(request)):
            edits.note(of=owner, said=gettext_noop("All that is held was given out"), now=timezone.now())
        response["Content-Disposition"] = f'attachment; filename="owner-{owner.pk}.{extension}"'
        return response

    def _page(self, request: HttpRequest, owner: CardOwner, form: EraseForm, back_url: str) -> HttpResponse:
        cards = owner.cards.order_by("pk")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media + form.media,
            "original": owner,
            "title": _("Erase the personal data of %(owner)s?") % {"owner": owner.called},
            "cards": list(shown.names_of((card.pk for card in cards), whole=True).values()),
            "mentions": [shown.document_link(one) for one in owners.mentions(owner=owner)],
            "form": form,
            "back_url": back_url,
        }
        return TemplateResponse(request, "billing/erase_owner.html", context)
