"""The log of what others were told, by webhook and by e-mail: each message, its attempts, and sending it again."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from exchange.admin.exports import OutgoingMessageResource
from exchange.choices import MessageState
from exchange.models import OutgoingMessage
from exchange.services.webhooks import settling
from registers.admin import bodies
from registers.admin.facts import FactAdmin, badge, here
from retail.admin import asking
from retail.admin.base import NOTHING
from retail.admin.periods import PeriodFilter

COLOURS = {
    MessageState.WAITING: "info",
    MessageState.SENDING: "info",
    MessageState.DELIVERED: "success",
    MessageState.GIVEN_UP: "danger",
}


@admin.register(OutgoingMessage)
class OutgoingMessageAdmin(FactAdmin):
    empty_says = _("What was sent to webhooks, when, and how it was answered.")
    empty_leads_to = "exchange.webhookendpoint"
    resource_classes = [OutgoingMessageResource]
    list_display = ("made", "whom", "event", "state_shown", "attempts", "answer", "next_shown")
    list_display_links = ("made",)
    list_select_related = ("endpoint",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("event", ChoicesDropdownFilter),
        ("endpoint", RelatedDropdownFilter),
        ("made_at", PeriodFilter),
    )
    search_fields = ("=uid", "email", "subject")
    search_help_text = _("A message id, an e-mail or the subject of one")
    ordering = ("-pk",)
    moment = "made_at"
    sortable_by = ()
    actions = ("send_again",)  # type: ignore[assignment]  # Other facts have none.
    body_template = "exchange/message_body.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("event", "whom"),
                    ("state_shown", "next_shown"),
                    ("made", "delivered"),
                    ("uid", "subject"),
                )
            },
        ),
    )
    readonly_fields = ("whom", "state_shown", "next_shown", "made", "delivered")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingMessage]:
        found: QuerySet[OutgoingMessage] = super().get_queryset(request)
        of_one = request.resolver_match and "object_id" in request.resolver_match.kwargs
        return found if of_one else found.defer("body", "tries")

    def get_empty_value_display(self) -> Any:
        return NOTHING

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("exchange.send_outgoingmessage")

    @display(description=_("made at"))
    def made(self, message: OutgoingMessage) -> str:
        return here(message.made_at)

    @display(description=_("to whom"))
    def whom(self, message: OutgoingMessage) -> str:
        return str(message.endpoint or message.email)

    @display(description=_("state"))
    def state_shown(self, message: OutgoingMessage) -> SafeString:
        if message.state == MessageState.WAITING and message.attempts:
            return badge(_now("Will be tried again"), "warning")
        return badge(message.get_state_display(), COLOURS[MessageState(message.state)])

    @display(description=_("answer"), empty_value=NOTHING)
    def answer(self, message: OutgoingMessage) -> str | None:
        said = f"{message.status or ''} {Truncator(message.error).chars(80)}".strip()
        return said or None

    @display(description=_("next attempt at"))
    def next_shown(self, message: OutgoingMessage) -> str:
        return here(message.next_at)

    @display(description=_("delivered at"))
    def delivered(self, message: OutgoingMessage) -> str:
        return here(message.delivered_at)

    def get_panel(self, request: HttpRequest, obj: OutgoingMessage) -> dict[str, Any]:
        return {
            "tries": [_attempt(attempt) for attempt in reversed(obj.tries)],
            "body_text": bodies.lay_out(obj.body.encode()).text if obj.endpoint_id else obj.body,
        }

    @admin.action(description=_("Send again…"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMessage]) -> HttpResponse | None:
        if not asking.confirmed(request):
            return asking.ask(
                self,
                request,
                queryset,
                action="send_again",
                title=_("Send again"),
                question=_("Send these messages again? Receivers know a repeat by its message id."),
            )
        chosen = list(queryset.values_list("pk", flat=True))
        count = settling.send_again(messages=chosen, now=timezone.now())
        said = ngettext("%(count)d message will be sent.", "%(count)d messages will be sent.", count) % {"count": count}
        self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)
        return None


def _attempt(attempt: dict[str, Any]) -> dict[str, Any]:
    took = _now("%(count)s s") % {"count": number_format(attempt["seconds"], 2)}
    return {
        "at": here(datetime.fromisoformat(attempt["at"])),
        "status": attempt["status"] or NOTHING,
        "took": took,
        "error": attempt["error"],
    }
