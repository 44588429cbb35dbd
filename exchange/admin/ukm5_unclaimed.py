"""What УКМ 5 told of tills that nobody has named: looked at as it came, and taken in once its till is known."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from exchange.models import Ukm5Unclaimed
from exchange.services.ukm5 import taking
from registers.admin import bodies
from registers.admin.facts import here, link
from retail.admin import asking
from retail.admin.base import NOTHING, Listing


class WaitingFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [("waiting", _("Waiting for its till")), ("claimed", _("Taken in"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ukm5Unclaimed]) -> QuerySet[Ukm5Unclaimed]:
        if self.value() in ("waiting", "claimed"):
            return queryset.filter(register__isnull=self.value() == "waiting")
        return queryset


@admin.register(Ukm5Unclaimed)
class Ukm5UnclaimedAdmin(ModelAdmin):
    empty_says = _("What tills of UKM 5 told that no register is named for waits here. Nothing waits now.")
    empty_leads_to = "exchange.ukm5store"
    list_display = ("received_shown", "store_shown", "till_number", "sender", "state", "register")
    list_select_related = ("sender__shop", "register")
    list_filter = (WaitingFilter, ("sender", RelatedDropdownFilter))
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("store_code", "=till_number")
    search_help_text = _("Code of a store, number of a till")
    ordering = ("-pk",)
    actions = ("take_in",)
    actions_detail_hide_default = True
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("store_code", "till_number"),
                    ("received_shown", "sender"),
                    ("state_shown", "register_link"),
                    "body",
                )
            },
        ),
    )
    readonly_fields = ("received_shown", "state_shown", "register_link", "body")

    class Media:
        css = {"all": ["registers/registers.css", "exchange/exchange.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Listing

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ukm5Unclaimed]:
        found: QuerySet[Ukm5Unclaimed] = super().get_queryset(request)
        return found if request.resolver_match and request.resolver_match.kwargs else found.defer("raw")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Ukm5Unclaimed | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Ukm5Unclaimed | None = None) -> bool:
        return False

    def has_claim_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("exchange.claim_ukm5unclaimed")

    @display(description=_("received at"), ordering="received_at")
    def received_shown(self, one: Ukm5Unclaimed) -> str:
        return here(one.received_at)

    @display(description=_("store code"), ordering="store_code")
    def store_shown(self, one: Ukm5Unclaimed) -> str:
        return one.store_code or NOTHING

    @display(description=_("state"), label={"waiting": "warning", "claimed": "success"})
    def state(self, one: Ukm5Unclaimed) -> tuple[str, Any]:
        if one.register_id is None:
            return "waiting", _("Waiting for its till")
        return "claimed", _("Taken in")

    @display(description=_("state"))
    def state_shown(self, one: Ukm5Unclaimed) -> Any:
        return self.state(one)[1]

    @display(description=_("taken in for"))
    def register_link(self, one: Ukm5Unclaimed) -> SafeString | str:
        if one.register is None:
            return NOTHING
        return format_html("{} · {}", link(one.register), here(one.claimed_at))

    @display(description=_("as it came"))
    def body(self, one: Ukm5Unclaimed) -> SafeString:
        return format_html('<pre class="uk-body">{}</pre>', bodies.lay_out(one.raw).text)

    def get_empty_value_display(self) -> Any:
        return NOTHING

    @admin.action(description=_("Take in…"), permissions=["claim"])
    def take_in(self, request: HttpRequest, queryset: QuerySet[Ukm5Unclaimed]) -> HttpResponse | None:
        if not asking.confirmed(request):
            return asking.ask(
                self,
                request,
                queryset,
                action="take_in",
                title=_("Take in"),
                question=_(
                    "Take these messages in for the registers that their tills are? Also those that came by the secret"
                    " or in the folder of another store."
                ),
            )
        chosen = list(queryset.values_list("pk", flat=True))
        taken = taking.claim(unclaimed=chosen, by_hand=True, now=timezone.now())
        said = ngettext("%(count)d message taken in.", "%(count)d messages taken in.", taken) % {"count": taken}
        if taken < len(chosen):
            said = f"{said} {_('Of the others no till is known: name it first.')}"
        self.message_user(request, said, messages.SUCCESS if taken else messages.WARNING)
        return None
