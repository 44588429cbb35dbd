"""Settling conflicts on their own page: keep the first, let the second take its place, or record both."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from registers.admin import TransactionConflictAdmin
from registers.models import TransactionConflict
from registers.services.reading import UnknownProtocol
from retail.admin.base import user_of
from retail.exceptions import DomainError
from stock.admin.error_desk_verbs import ReasonForm
from stock.services import error_desk
from stock.services.error_desk.conflicts import can_take_second, tells_of_one_receipt
from stock.services.error_desk.refusals import SameReceipt


class SettlingConflictAdmin(TransactionConflictAdmin):
    actions_detail = ("keep_the_first", "take_the_second", "record_the_second")

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "stock/error_desk.css"]}

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        conflict = self.get_object(request, object_id)
        if conflict is None or conflict.settled_at is not None:
            return []
        sensible = {"keep_the_first"}
        if can_take_second(conflict):
            sensible.add("take_the_second")
        elif not _of_one_receipt(conflict):
            sensible.add("record_the_second")
        allowed = super().get_actions_detail(request, object_id)
        return [offered for offered in allowed if offered.method.original_function_name in sensible]

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("stock.decide_desktransaction")

    def get_panel(self, request: HttpRequest, obj: TransactionConflict) -> dict[str, Any]:
        waiting = obj.settled_at is None and not can_take_second(obj)
        return {**super().get_panel(request, obj), "advice": SameReceipt() if waiting and _of_one_receipt(obj) else ""}

    @action(
        description=_("The first is right"),
        url_path="keep-first",
        permissions=["settle"],
        icon="looks_one",
        variant=ActionVariant.PRIMARY,
    )
    def keep_the_first(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._asked(
            request,
            object_id,
            title=_("Keep the first?"),
            explanation=_("What came first stays as it is. The other body is kept here, and never moves anything."),
            button=_("The first is right"),
            verb=error_desk.keep_first,
        )

    @action(description=_("The second is right"), url_path="take-second", permissions=["settle"], icon="looks_two")
    def take_the_second(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._asked(
            request,
            object_id,
            title=_("Let the second take the place of the first?"),
            explanation=_(
                "What came first waits on the error desk and has moved nothing. It is corrected by the second body: the"
                " second counts, and the first stays in the journal as it came."
            ),
            button=_("The second is right"),
            verb=error_desk.take_second,
        )

    @action(description=_("Both happened"), url_path="record-both", permissions=["settle"], icon="library_add")
    def record_the_second(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._asked(
            request,
            object_id,
            title=_("Record the second as a transaction of its own?"),
            explanation=_(
                "A till that lost its memory may use a number twice for two receipts. The second is then recorded and"
                " taken apart like any other, without the part of its key that the first one has. It is not possible"
                " when both bodies tell of one receipt."
            ),
            button=_("Both happened"),
            verb=error_desk.record_both,
        )

    def _asked(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        title: Any,
        explanation: Any,
        button: Any,
        verb: Callable[..., TransactionConflict],
    ) -> HttpResponse:
        """Show what will happen and ask why; then settle the conflict, or say why not."""
        conflict = self.get_object(request, object_id)
        if conflict is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        page = reverse("admin:registers_transactionconflict_change", args=[conflict.pk])
        form = ReasonForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "media": self.media,
                "original": conflict,
                "title": title,
                "recorded": conflict.transaction,
                "explanation": explanation,
                "button": button,
                "form": form,
                "back_url": page,
            }
            return TemplateResponse(request, "stock/desk_confirm.html", context)
        try:
            verb(
                conflict_id=conflict.pk,
                by=user_of(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(request, _("The conflict is settled."))
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(page)


def _of_one_receipt(conflict: TransactionConflict) -> bool:
    try:
        return tells_of_one_receipt(conflict)
    except UnknownProtocol:
        return True  # Nothing can be recorded that nobody reads.


admin.site.unregister(TransactionConflict)
admin.site.register(TransactionConflict, SettlingConflictAdmin)
