"""Goods over HTTP on the page of equipment of Artix: where the cash server is, and who we are to it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminPasswordWidget

from exchange.choices import ArtixLoadState
from exchange.models import ArtixServer, Equipment
from exchange.services import outside
from exchange.services.transaction_files import artix_sending, artix_states, outgoing
from registers.admin.facts import badge, here

COLOURS: dict[str, str] = {
    ArtixLoadState.SENDING: "info",
    ArtixLoadState.SENT: "info",
    ArtixLoadState.LOADED: "success",
    ArtixLoadState.FAILED: "danger",
}


class ArtixServerForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    """The password is written and never shown. It goes to no other address than the one it was entered with."""

    password = forms.CharField(
        label=capfirst(_("password")),
        required=False,
        strip=False,
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Never shown again. Leave it empty to keep the one that is known."),
    )

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).strip().rstrip("/")
        try:
            parts = outside.check_url(address, settings.REGISTER_NETWORKS)
        except outside.BadAddress as error:
            raise ValidationError(str(error)) from error
        if parts.query or parts.fragment:
            raise ValidationError(_now("Leave out what follows “?” or “#”."))
        return address

    def clean_shop_code(self) -> str:
        code = str(self.cleaned_data["shop_code"]).strip()
        if "/" in code:
            raise ValidationError(_now("A shop code stands in an address: it has no slash."))
        return code

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.cleaned_data.get("password"):
            if self.instance.pk is None:
                self.add_error("password", _now("Enter the password of the cash server."))
            elif {"address", "user"} & set(self.changed_data):
                self.add_error("password", _now("Enter the password anew for another address or user."))
            self.cleaned_data["password"] = self.instance.password
        return cleaned


class ArtixServerInline(StackedInline):
    """Of equipment of Artix alone."""

    model = ArtixServer
    form = ArtixServerForm
    extra = 0
    max_num = 1
    hide_title = True
    fields = ("address", "shop_code", ("user", "password"))
    verbose_name = verbose_name_plural = _("Goods over HTTP instead of files")

    def get_fields(self, request: HttpRequest, obj: Equipment | None = None) -> Any:
        """Whoever may only look would be shown the password as any other text."""
        return self.fields if self.has_change_permission(request, obj) else ("address", "shop_code", "user")


def load_card(equipment: Equipment) -> dict[str, Any] | None:
    """Gather what the panel of the page shows of the last load; None where goods go by files."""
    if not hasattr(equipment, "artix_server"):
        return None
    load = artix_states.latest([equipment.pk]).get(equipment.pk)
    if load is None:
        return {"load": None}
    again = artix_sending.retry_at(load)
    failed = [till for till, status in sorted(load.tills.items()) if status in artix_states.FAILURES]
    return {
        "load": load,
        "state": badge(load.get_state_display(), COLOURS[load.state]),
        "at": here(load.ended_at or load.heard_at or load.began_at),
        "summary": outgoing.summary(load.goods, full=load.full),
        "error": artix_states.describe(load) if load.error else "",
        "again": here(again) if again else "",
        "tills": ", ".join(failed),
    }
