"""Per-receipt upload on the page of a register: where its sales are fetched, «Fetch now», and a hook for scripts."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from exchange.choices import UploadEvent
from exchange.models import UploadSource
from exchange.services.uploads import addresses, telling
from exchange.tasks import upload_fetch
from registers.models import Register
from retail.exceptions import DomainError

if TYPE_CHECKING:
    Base = forms.ModelForm[UploadSource]
else:
    Base = forms.ModelForm


class UploadFilter(DropdownFilter):
    title = _("per-receipt upload")
    parameter_name = "upload"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [("yes", _("Fetched from its address")), ("error", _("Upload in error"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.filter(upload__isnull=False)
            case "error":
                return queryset.filter(active=True, upload__failures__gt=0)
        return queryset


class UploadForm(Base):
    """The key is entered and never shown; another address has to be given its key anew, so that none leaks there."""

    new_key = forms.CharField(
        label=_("Key for the register"),
        max_length=200,
        required=False,
        strip=True,
        validators=UploadSource._meta.get_field("key").validators,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    forget_key = forms.BooleanField(label=_("Forget the key"), required=False, widget=UnfoldBooleanSwitchWidget())

    class Meta:
        model = UploadSource
        fields = ("mode", "minutes", "address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "minutes" in self.fields:
            self.fields["minutes"].help_text = _("Only where it is fetched every so many minutes.")
        self.fields["new_key"].help_text = (
            _("A key is set. Leave this empty to keep it.")
            if self.instance.key
            else _("What we show the register (Authorization: Bearer …). Empty: nothing.")
        )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip().rstrip("/")
        try:
            addresses.check_written(address)
        except DomainError as refusal:
            raise ValidationError(str(refusal)) from refusal
        return address

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        key, forget = asked.get("new_key"), asked.get("forget_key")
        moved = "address" in self.changed_data and self.instance.pk is not None
        if moved and self.instance.key and not (key or forget):
            raise ValidationError({"new_key": _("The address is another one: enter its key, or have it forgotten.")})
        if key or forget:
            self.instance.key = key or ""
        return asked

    def save(self, commit: bool = True) -> UploadSource:
        """Save what a person sets and nothing else: tells and visits write the rest meanwhile."""
        if not (commit and self.instance.pk):
            return super().save(commit)
        self.instance.save(update_fields=UploadSource.SETTINGS)
        return self.instance


class UploadInline(StackedInline):
    model = UploadSource
    form = UploadForm
    extra = 0
    verbose_name_plural = _("Per-receipt upload: we fetch from the register")
    fields = (("mode", "minutes"), "address", ("new_key", "forget_key"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if self.has_change_permission(request, obj) else self.fields[:2]


class FetchesUploads:
    """The actions, for the page of registers."""

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Leave the two to the panel, which is there where something is fetched."""
        offered: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return [one for one in offered if not one.action_name.endswith(("fetch_upload", "make_upload_hook"))]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """With new settings the register is visited at once, and the page says how that went."""
        super().save_formset(request, form, formset, change)  # type: ignore[misc]
        if formset.model is UploadSource:
            for source, fields in [*((one, ()) for one in formset.new_objects), *formset.changed_objects]:
                telling.settle(source=source, moved="address" in fields, now=timezone.now())
                _hint(source)

    @action(description=_("Fetch now"), url_path="fetch-upload", permissions=["fetch_upload"], icon="sync")
    def fetch_upload(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have the register visited, whatever rest it was given."""
        source, page = self._upload_of(request, object_id)
        if request.method == "POST":
            telling.ask_now(source=source, anew="anew" in request.POST, now=timezone.now())
            _hint(source)
            page.log_change(request, source.register, gettext_noop("Had its sales fetched"))
            page.message_user(request, _now("The register is being visited: its page shows how that went."))
            return HttpResponseRedirect(_page(source))
        return TemplateResponse(request, "exchange/upload_fetch.html", _context(page, request, source, _("Fetch now")))

    @action(description=_("Hook for scripts"), url_path="upload-hook", permissions=["keep_upload"], icon="webhook")
    def make_upload_hook(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the address that a script asks when a receipt is closed; it is shown this once."""
        source, page = self._upload_of(request, object_id)
        context = _context(page, request, source, _("Hook for scripts"))
        if request.method == "POST":
            token = telling.make_hook(source=source)
            page.log_change(request, source.register, gettext_noop("Made a hook of uploads"))
            address = request.build_absolute_uri(reverse("upload-hook", args=[token]))
            commands = f'curl -s {address}\ncurl -s "{address}?event={UploadEvent.SHIFT_CLOSE}"'
            context |= {"address": address, "commands": commands}
        response = TemplateResponse(request, "exchange/upload_hook.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def has_fetch_upload_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("exchange.fetch_uploadsource")

    def has_keep_upload_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("exchange.change_uploadsource")

    def _upload_of(self, request: HttpRequest, object_id: str) -> tuple[UploadSource, Any]:
        page: Any = self
        register: Register | None = page.get_object(request, object_id)
        source = UploadSource.objects.select_related("register").filter(register=register).first()
        if register is None or source is None:
            raise Http404
        if not page.has_view_permission(request, register):
            raise PermissionDenied
        return source, page


def _hint(source: UploadSource) -> None:
    transaction.on_commit(partial(upload_fetch.delay, source_id=source.pk), robust=True)


def _context(page: Any, request: HttpRequest, source: UploadSource, title: Any) -> dict[str, Any]:
    return {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "media": page.media + forms.Media(css={"all": ["retail/tokens.css"]}),
        "title": title,
        "original": source.register,
        "source": source,
        "back_url": _page(source),
    }


def _page(source: UploadSource) -> str:
    return reverse("admin:registers_register_change", args=[source.register_id])
