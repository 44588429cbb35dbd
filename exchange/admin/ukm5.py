"""УКМ 5: which shop and register its stores and tills are, and by what address each store speaks to us."""

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from exchange.choices import Ukm5Access
from exchange.models import Ukm5Store, Ukm5Till
from exchange.services.ukm5 import access
from exchange.tasks import ukm5_unclaimed_claim
from registers.admin.facts import here
from retail.admin.base import NOTHING, Listing, user_of
from retail.admin.history import KeepsHistory

PERMISSION = "exchange.change_ukm5store"
PATHS = ("/api/1.0/reservationItem/…", "/api/v1/export/receipt", "/api/v1/export/moneyOperation")


class TillInline(TabularInline):
    model = Ukm5Till
    extra = 0
    fields = ("number", "register", "inner_id")
    autocomplete_fields = ("register",)
    ordering = ("number",)
    tab = False


@admin.register(Ukm5Store)
class Ukm5StoreAdmin(KeepsHistory):
    empty_says = _("A store of UKM 5 says which of its tills is which register, and holds the secret it signs in by.")
    empty_leads_to = "registers.register"
    list_display = ("code", "shop", "tills_shown", "folder", "secret_shown")
    list_display_links = ("code", "shop")
    list_select_related = ("shop",)
    list_filter = (("shop", RelatedDropdownFilter),)
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("code", "inner_code", "shop__name", "shop__code", "=tills__number", "tills__register__name")
    search_help_text = _("Code of a store, a shop, or a till")
    ordering = ("code",)
    actions = None
    actions_detail = ("make_secret", "revoke_secret")
    inlines = (TillInline,)
    warn_unsaved_form = True
    readonly_fields = ("address_shown", "secret_state")
    fieldsets = (
        (None, {"fields": ("shop", ("code", "inner_code"), "folder")}),
        (_("How it is let in"), {"fields": ("address_shown", "secret_state")}),
    )

    class Media:
        css = {"all": ["retail/tokens.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ukm5Store]:
        found: QuerySet[Ukm5Store] = super().get_queryset(request)
        return found.annotate(tills_count=Count("tills", distinct=True))

    def get_empty_value_display(self) -> Any:
        return NOTHING

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Listing

    @display(description=_("tills"), ordering="tills_count")
    def tills_shown(self, store: Any) -> int:
        return int(store.tills_count)

    @display(description=_("secret"), label={"made": "success", "none": ""})
    def secret_shown(self, store: Ukm5Store) -> tuple[str, Any]:
        return ("made", _("Made")) if store.digest else ("none", _("None"))

    @display(description=_("secret"))
    def secret_state(self, store: Ukm5Store) -> str:
        if not store.digest or not store.secret_made_at:
            return NOTHING
        by = store.secret_made_by
        return _now("Made %(time)s by %(person)s; only its fingerprint is kept.") % {
            "time": here(store.secret_made_at),
            "person": by.get_full_name() or by.get_username() if by else NOTHING,
        }

    @display(description=_("Address"))
    def address_shown(self, store: Ukm5Store) -> str:
        """Say what is to be entered in UKM 5, by what the server's settings let in."""
        match settings.UKM5_ACCESS:
            case Ukm5Access.NETWORK:
                networks = ", ".join(map(str, settings.UKM5_NETWORKS))
                return _now("…/ukm5 without a secret, from the networks %(networks)s") % {"networks": networks}
            case Ukm5Access.SECRET:
                return _now("…/ukm5/<secret>: make a secret for this store")
        return _now("UKM 5 is let in nowhere: the server's setting UKM5_ACCESS is off.")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer what is of use: no secret where the network decides, nothing to revoke where there is none."""
        store = self.get_object(request, object_id)
        has_one = bool(store is not None and store.digest)
        needless = settings.UKM5_ACCESS == Ukm5Access.NETWORK
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return [one for one in offered if has_one or not (needless or "revoke" in one.path)]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Tills that are named here may have spoken before."""
        super().save_related(request, form, formsets, change)
        transaction.on_commit(ukm5_unclaimed_claim.delay, robust=True)  # Else the next look of the task does it.

    @action(
        description=_("Make a secret"),
        url_path="make-secret",
        permissions=["keep_secret"],
        icon="key",
        variant=ActionVariant.PRIMARY,
    )
    def make_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        store = self._store(request, object_id)
        context = self._context(request, store, _("Secret of the store"))
        if request.method == "POST":
            secret = access.make_secret(store=store, by=user_of(request), now=timezone.now())
            self.log_change(request, store, gettext_noop("Made a secret"))
            address = request.build_absolute_uri(f"/ukm5/{secret}")
            context |= {"address": address, "addresses": "\n".join(address + path for path in PATHS)}
        response = TemplateResponse(request, "exchange/ukm5_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @action(
        description=_("Revoke the secret"),
        url_path="revoke-secret",
        permissions=["keep_secret"],
        icon="key_off",
        variant=ActionVariant.DANGER,
    )
    def revoke_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        store = self._store(request, object_id)
        if request.method != "POST":
            context = self._context(request, store, _("Revoke the secret"))
            return TemplateResponse(request, "exchange/ukm5_revoke.html", context)
        if access.revoke_secret(store=store):
            self.log_change(request, store, gettext_noop("Revoked the secret"))
            self.message_user(request, _now("The secret is revoked: UKM 5 of this store is refused."), messages.SUCCESS)
        return HttpResponseRedirect(_page(store))

    # The theme's own check of a permission's name asks the database, which a first migration does not have yet.

    def has_keep_secret_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm(PERMISSION)

    def _store(self, request: HttpRequest, object_id: str) -> Ukm5Store:
        store = self.get_object(request, object_id)
        if store is None:
            raise Http404
        if not self.has_view_permission(request, store):
            raise PermissionDenied
        return cast(Ukm5Store, store)

    def _context(self, request: HttpRequest, store: Ukm5Store, title: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": title,
            "original": store,
            "back_url": _page(store),
        }


def _page(store: Ukm5Store) -> str:
    return reverse("admin:exchange_ukm5store_change", args=[store.pk])
