"""Webhook endpoints: where programs of others listen, what they are told, and whether it arrives."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from exchange.choices import CHOSEN_EVENTS, EventKind, MessageState
from exchange.models import WebhookEndpoint
from exchange.services import outside
from exchange.services.webhooks import settling, signing, telling
from registers.admin.facts import badge, here, list_url
from retail.admin.base import NOTHING, Listing
from retail.admin.history import KeepsHistory
from retail.exceptions import DomainError

PERMISSION = "exchange.change_webhookendpoint"


class WebhookEndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=[(event.value, event.label) for event in CHOSEN_EVENTS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        help_text=_("Alerts come by their rules, whatever is chosen here."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = "__all__"  # noqa: DJ007 - the page's fieldsets say which.

    def clean_url(self) -> Any:
        url = self.cleaned_data["url"].strip()
        try:
            outside.check_url(url)
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(KeepsHistory):
    empty_says = _("An address of another system that is told of receipts, Z-reports, stock and cards as they happen.")
    empty_leads_to = "exchange.outgoingmessage"
    form = WebhookEndpointForm
    list_display = ("name", "url", "events_shown", "state", "waiting_shown", "delivered_shown")
    list_filter = ("active",)
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "url")
    search_help_text = _("Name or address")
    ordering = ("name",)
    actions = None
    actions_detail = ("send_test", "make_secret")
    warn_unsaved_form = True
    readonly_fields = ("state", "secret_state", "waiting_shown", "delivered_shown")
    fieldsets = (
        (None, {"fields": (("name", "active"), ("url", "language"))}),
        (_("What it is told"), {"fields": ("events", "stock_below")}),
        (_("How it is"), {"fields": (("state", "waiting_shown"), ("secret_state", "delivered_shown"))}),
    )

    class Media:
        css = {"all": ["retail/tokens.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Listing

    def response_add(self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: Any = None) -> HttpResponse:
        """Go on to its secret: without one nothing is sent."""
        super().response_add(request, obj, post_url_continue)  # Says that it was added.
        return HttpResponseRedirect(reverse("admin:exchange_webhookendpoint_make_secret", args=[obj.pk]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        found: QuerySet[WebhookEndpoint] = super().get_queryset(request)
        under_way = Q(messages__state__in=[MessageState.WAITING, MessageState.SENDING])
        return found.annotate(waiting=Count("messages", filter=under_way))

    def get_fieldsets(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:-1]

    @display(description=_("events"), empty_value=NOTHING)
    def events_shown(self, endpoint: WebhookEndpoint) -> str | None:
        return ", ".join(str(EventKind(event).label) for event in endpoint.events) or None

    @display(description=_("state"))
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        if not endpoint.active:
            return badge(_now("Not active"))
        if not endpoint.salt:
            return badge(_now("Make its secret"), "warning")
        if endpoint.failing_since is None:
            return badge(_now("Listens"), "success")
        said = _now("Fails since %(time)s") % {"time": here(endpoint.failing_since)}
        return badge(said, "danger" if endpoint.failures >= settling.PATIENCE else "warning")

    @display(description=_("waiting messages"), ordering="waiting")
    def waiting_shown(self, endpoint: Any) -> SafeString:
        url = list_url("exchange.outgoingmessage", endpoint__id__exact=endpoint.pk, state__exact=MessageState.WAITING)
        return format_html('<a href="{}" class="text-link">{}</a>', url, endpoint.waiting)

    @display(description=_("last delivered at"), ordering="delivered_at")
    def delivered_shown(self, endpoint: WebhookEndpoint) -> str:
        return here(endpoint.delivered_at)

    @display(description=_("secret"))
    def secret_state(self, endpoint: WebhookEndpoint) -> str:
        if not endpoint.salt:
            return _now("None yet: messages wait for it.")
        return _now("Made %(time)s; it is not kept, and shown once.") % {"time": here(endpoint.secret_made_at)}

    @action(description=_("Send a test event"), url_path="send-test", permissions=["keep"], icon="send")
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._endpoint(request, object_id)
        if request.method != "POST":
            return TemplateResponse(
                request, "exchange/webhook_test.html", self._context(request, endpoint, _("Send a test event"))
            )
        message = telling.test(endpoint=endpoint, now=timezone.now())
        self.message_user(request, _now("The test waits to be sent: it goes within half a minute."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:exchange_outgoingmessage_change", args=[message.pk]))

    @action(
        description=_("Make a secret"),
        url_path="make-secret",
        permissions=["keep"],
        icon="key",
        variant=ActionVariant.PRIMARY,
    )
    def make_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._endpoint(request, object_id)
        context = self._context(request, endpoint, _("Secret of the endpoint"))
        if request.method == "POST":
            context["secret"] = signing.make_secret(endpoint=endpoint, now=timezone.now())
            self.log_change(request, endpoint, gettext_noop("Made a secret"))
        response = TemplateResponse(request, "exchange/webhook_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    # The theme's own check of a permission's name asks the database, which a first migration does not have yet.

    def has_keep_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm(PERMISSION)

    def _endpoint(self, request: HttpRequest, object_id: str) -> WebhookEndpoint:
        endpoint: WebhookEndpoint | None = self.get_object(request, object_id)
        if endpoint is None:
            raise Http404
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        return endpoint

    def _context(self, request: HttpRequest, endpoint: WebhookEndpoint, title: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": title,
            "original": endpoint,
            "back_url": reverse("admin:exchange_webhookendpoint_change", args=[endpoint.pk]),
        }
