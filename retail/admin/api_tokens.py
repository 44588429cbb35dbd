"""Tokens of people's own programs: made here and shown once, revoked here, and never edited."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.views import ChangeList

from retail.admin.base import NOTHING, Listing, user_of
from retail.admin.history import KeepsHistory
from retail.exceptions import DomainError
from retail.models import ApiToken
from retail.services import api_tokens


class TokenStateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [("live", _("Works")), ("ended", _("Revoked or expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        live = ApiToken.objects.live(at=timezone.now()).values("pk")
        match self.value():
            case "live":
                return queryset.filter(pk__in=live)
            case "ended":
                return queryset.exclude(pk__in=live)
        return queryset


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    class Meta:
        model = ApiToken
        fields = ("user", "name", "expires_at")

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        try:
            api_tokens.check_expires(expires_at=expires_at, now=timezone.now())
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return expires_at


@admin.register(ApiToken)
class ApiTokenAdmin(KeepsHistory):
    """One's own tokens; whoever keeps people sees everybody's and makes them for programs that have an account."""

    empty_says = _("A token lets a program of yours work with the back office under your own rights.")
    form = ApiTokenForm
    list_display = ("name", "person", "state", "last_used_at", "created_at", "expires_at")
    list_select_related = ("user",)
    list_filter = (TokenStateFilter, ("user", AutocompleteSelectFilter))
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "user__username", "user__last_name")
    search_help_text = _("What it is for, or whose it is")
    ordering = ("-pk",)
    actions = None
    autocomplete_fields = ("user",)
    actions_detail = ("revoke_token",)
    actions_detail_hide_default = True
    readonly_fields = ("person", "state_shown", "created_at", "created_by", "last_used_at", "revoked_at", "revoked_by")

    class Media:
        css = {"all": ["retail/tokens.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        found: QuerySet[ApiToken] = super().get_queryset(request)
        found = found.select_related("user", "created_by", "revoked_by")
        if not _keeps_people(request):
            return found.filter(user=user_of(request))
        return found if user_of(request).is_superuser else found.filter(Q(user__is_superuser=False))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listing

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        return self.list_filter if _keeps_people(request) else self.list_filter[:1]

    def get_fieldsets(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        if obj is None:
            return (
                (
                    None,
                    {"fields": ("user", "name", "expires_at") if _keeps_people(request) else ("name", "expires_at")},
                ),
            )
        deeds = (("created_at", "created_by"), ("last_used_at", "expires_at"), ("revoked_at", "revoked_by"))
        return ((None, {"fields": ("name", ("person", "state_shown"), *deeds)}),)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            people = User.objects.filter(is_active=True)
            kwargs["queryset"] = people if user_of(request).is_superuser else people.filter(is_superuser=False)
            kwargs["initial"] = user_of(request).pk
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(super().has_change_permission(request))

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        token = self.get_object(request, object_id)
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered if token is not None and token.revoked_at is None else []

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Offer one way of saving: each token is to be looked at before the next one is made."""
        only = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**only, **(extra_context or {})})  # type: ignore[no-any-return]

    # A token is made by the service, and the page that follows is the only one that ever shows it.

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        owner = obj.user if _keeps_people(request) else user_of(request)
        row, token = api_tokens.create(
            user=owner, name=obj.name, by=user_of(request), now=timezone.now(), expires_at=obj.expires_at
        )
        obj.pk, obj.user = row.pk, row.user
        request._made_token = token  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        context = {
            **self._context(request, obj, _now("The token “%(name)s”") % {"name": obj.name}),
            "token": request._made_token,  # type: ignore[attr-defined]
            "address": request.build_absolute_uri("/api/v1/items"),
        }
        response = TemplateResponse(request, "retail/token_made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @action(
        description=_("Revoke"), url_path="revoke", permissions=["revoke"], icon="key_off", variant=ActionVariant.DANGER
    )
    def revoke_token(self, request: HttpRequest, object_id: str) -> HttpResponse:
        token = self.get_object(request, object_id)
        if token is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        if request.method != "POST":
            context = self._context(request, token, _now("Revoke the token “%(name)s”?") % {"name": token.name})
            return TemplateResponse(request, "retail/revoke_token.html", context)
        try:
            api_tokens.revoke(token=token, by=user_of(request), now=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, token, _now("Revoked"))
            messages.success(request, _now("The token is revoked: its program is refused from now on."))
        return HttpResponseRedirect(_page(token))

    def _context(self, request: HttpRequest, token: ApiToken, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": title,
            "original": token,
            "back_url": _page(token),
        }

    @display(description=_("person"), ordering="user__last_name")
    def person(self, token: ApiToken) -> str:
        return token.user.get_full_name() or token.user.get_username()

    @display(description=_("state"), label={"live": "success", "expired": "warning", "revoked": "danger"})
    def state(self, token: ApiToken) -> tuple[str, Any]:
        if token.revoked_at:
            return "revoked", _("Revoked")
        if token.expires_at and token.expires_at <= timezone.now():
            return "expired", _("Expired")
        if not token.user.is_active:
            return "expired", _("The person may not sign in")
        return "live", _("Works")

    @display(description=_("state"))
    def state_shown(self, token: ApiToken) -> Any:
        return self.state(token)[1]

    def get_empty_value_display(self) -> Any:
        return NOTHING


def _keeps_people(request: HttpRequest) -> bool:
    return request.user.has_perm("auth.change_user")


def _page(token: ApiToken) -> str:
    return reverse("admin:retail_apitoken_change", args=[token.pk])
