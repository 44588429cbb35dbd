"""Taking goods back from a receipt or an order by hand: a page that asks for a reason, and a word on how it went."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from retail.admin import asking
from retail.admin.base import user_of
from retail.exceptions import DomainError
from stock.choices import ReservationState
from stock.models import Reservation
from stock.services import orders, reservations


class ReleaseForm(forms.Form):
    reason = forms.CharField(
        label=_("Why the goods are released"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("It stays with the reservation, and with the order."),
    )


class ReleasingAdmin(ModelAdmin):
    """The action "Release" of a hold's page, while it is open."""

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        is_open = object_id.isdecimal() and Reservation.objects.open().filter(pk=int(object_id)).exists()
        return allowed if is_open else []

    def has_release_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("stock.release_reservation")

    @action(
        description=_("Release"),
        url_path="release",
        permissions=["release"],
        icon="lock_open",
        variant=ActionVariant.DANGER,
    )
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, and let the goods go. An order that held them is then not agreed any more."""
        hold = self.get_object(request, object_id)
        if hold is None:
            raise Http404
        if hold.order_id and not request.user.has_perm("stock.agree_customerorder"):
            raise PermissionDenied
        page = reverse("admin:stock_reservation_change", args=[hold.pk])
        form = ReleaseForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            self._release(request, hold, form.cleaned_data["reason"])
            return HttpResponseRedirect(page)
        if hold.state != ReservationState.OPEN:
            messages.info(request, str(reservations.ReservationEnded()))
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": hold,
            "media": self.media + form.media,
            "title": _("Release what is held?"),
            "form": form,
            "back_url": page,
            **self.get_panel(request, hold),
        }
        return TemplateResponse(request, "stock/release_reservation.html", context)

    @admin.action(description=_("Release…"), permissions=["release"])
    def release_chosen(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> HttpResponse | None:
        """Release what the chosen receipts hold; orders are taken back one by one, on their own pages."""
        held = queryset.filter(state=ReservationState.OPEN, order=None)
        form = ReleaseForm(request.POST if asking.confirmed(request) else None)
        if not form.is_valid():
            question = _("The goods of these receipts are free at once. What orders hold, and what has ended, stays.")
            return asking.ask(
                self, request, held, action="release_chosen", title=_("Release"), question=question, form=form
            )
        released = sum(self._let_go(request, hold, form.cleaned_data["reason"]) for hold in held)
        said = ngettext("%(count)d reservation released.", "%(count)d reservations released.", released)
        self.message_user(request, said % {"count": released}, messages.SUCCESS if released else messages.WARNING)
        return None

    def _release(self, request: HttpRequest, hold: Reservation, reason: str) -> None:
        if self._let_go(request, hold, reason):
            messages.success(request, _("The goods are free again."))

    def _let_go(self, request: HttpRequest, hold: Reservation, reason: str) -> bool:
        """Let the goods of a hold go and say whether that was done, or in words why not."""
        by = user_of(request)
        try:
            if hold.order:
                orders.take_back(order=hold.order, by=by, now=timezone.now(), reason=reason)
            else:
                reservations.release_by_hand(reservation=hold, by=by, reason=reason)
        except DomainError as refusal:
            messages.error(request, f"{hold}: {refusal}")
            return False
        return True
