"""The verbs of the error desk on the page of one transaction: each asks first, and says how it went."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from registers.choices import TransactionState
from registers.models import KkmTransaction, Receipt
from retail.admin.base import user_of
from retail.exceptions import DomainError
from stock.admin.error_desk_correcting import CorrectingMixin
from stock.services import error_desk
from stock.services.error_desk.deciding import can_accept
from stock.services.error_desk.refusals import NotOnDesk
from stock.services.error_desk.resubmitting import Resubmitted


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("It is kept with your name and the time."),
    )


class VerbsMixin(CorrectingMixin):
    """Adds to the page what may be done now, by whoever has the permission."""

    actions_detail = ("resubmit_one", "correct_one", "accept_one", "set_aside_one", "take_back_one")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        recorded = self.get_object(request, object_id)  # type: ignore[attr-defined]
        sensible = _sensible(recorded) if recorded else set()
        allowed = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return [offered for offered in allowed if offered.method.original_function_name in sensible]

    def has_mend_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("stock.mend_desktransaction")

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("stock.decide_desktransaction")

    @action(description=_("Resubmit"), url_path="resubmit", permissions=["mend"], icon="replay")
    def resubmit_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._asked(
            request,
            object_id,
            title=_("Resubmit %(transaction)s?"),
            explanation=_(
                "It is looked at once more as it came: goods that are known by now are found, and a message that this"
                " release reads is applied. What still makes no sense goes on waiting."
            ),
            button=_("Resubmit"),
            verb=lambda pk, by, reason, now: resubmitted_message(
                error_desk.resubmit(transactions=[pk], by=by, now=now)
            ),
        )

    @action(
        description=_("Correct"),
        url_path="correct",
        permissions=["decide"],
        icon="edit",
        variant=ActionVariant.PRIMARY,
    )
    def correct_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.correct_view(request, object_id)

    @action(description=_("Accept as it is"), url_path="accept", permissions=["decide"], icon="check_circle")
    def accept_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._asked(
            request,
            object_id,
            title=_("Accept %(transaction)s as it is?"),
            explanation=_(
                "Its goods and money are in the books already, as the till told them. The figures that disagree stay as"
                " they are; nobody is asked about them any more."
            ),
            button=_("Accept as it is"),
            verb=lambda pk, by, reason, now: _one(
                error_desk.accept_as_is(transactions=[pk], by=by, reason=reason, now=now), _now("It is accepted.")
            ),
            with_reason=True,
        )

    @action(
        description=pgettext_lazy("verb", "Set aside"), url_path="set-aside", permissions=["decide"], icon="inventory"
    )
    def set_aside_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._asked(
            request,
            object_id,
            title=_("Set %(transaction)s aside?"),
            explanation=_(
                "What of it is not in the books stays out of them. It can be taken back to the desk at any time."
            ),
            button=pgettext_lazy("verb", "Set aside"),
            verb=lambda pk, by, reason, now: _one(
                error_desk.set_aside(transactions=[pk], by=by, reason=reason, now=now), _now("It is set aside.")
            ),
            with_reason=True,
        )

    @action(description=_("Take back to the desk"), url_path="take-back", permissions=["decide"], icon="undo")
    def take_back_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._asked(
            request,
            object_id,
            title=_("Take %(transaction)s back to the desk?"),
            explanation=_("It waits for a person again, as it did before it was set aside."),
            button=_("Take back to the desk"),
            verb=lambda pk, by, reason, now: _one(
                error_desk.take_back(transactions=[pk], by=by, now=now), _now("It waits on the error desk again.")
            ),
        )

    def _asked(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        title: Any,
        explanation: Any,
        button: Any,
        verb: Callable[[int, User, str, datetime], str],
        with_reason: bool = False,
    ) -> HttpResponse:
        """Show what will happen; on the second asking do it, and say how it went."""
        recorded = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if recorded is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        form = ReasonForm(request.POST or None) if with_reason else None
        if request.method != "POST" or (form is not None and not form.is_valid()):
            context = {
                **self.admin_site.each_context(request),  # type: ignore[attr-defined]
                "opts": self.opts,  # type: ignore[attr-defined]
                "media": self.media,  # type: ignore[attr-defined]
                "original": recorded,
                "title": title % {"transaction": recorded},
                "recorded": recorded,
                "explanation": explanation,
                "button": button,
                "form": form,
                "back_url": page_url(recorded.pk),
            }
            return TemplateResponse(request, "stock/desk_confirm.html", context)
        reason = form.cleaned_data["reason"] if form is not None else ""
        try:
            messages.success(request, verb(recorded.pk, user_of(request), reason, timezone.now()))
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(page_url(recorded.pk))


def page_url(pk: int) -> str:
    return reverse("admin:stock_desktransaction_change", args=[pk])


def resubmitted_message(done: Resubmitted) -> str:
    """Say what came of resubmitting; nothing of it when nothing waited any more."""
    said = [
        (done.mended, _now("mended: %(count)s")),
        (done.partly, _now("mended in part: %(count)s")),
        (done.waiting, _now("still waiting: %(count)s")),
    ]
    outcome = ", ".join(text % {"count": count} for count, text in said if count)
    return _now("Looked at once more: %(outcome)s.") % {"outcome": outcome or _now("nothing waited any more")}


def _one(count: int, said: str) -> str:
    if not count:
        raise NotOnDesk
    return said


def _sensible(recorded: KkmTransaction) -> set[str]:
    """Return the verbs that make sense for a transaction as it now stands."""
    if recorded.state == TransactionState.SET_ASIDE:
        return {"take_back_one"}
    if recorded.state != TransactionState.ERROR_DESK:
        return set()
    if can_accept(recorded):
        return {"accept_one", "set_aside_one"}
    if Receipt.objects.filter(pk=recorded.pk).exists():
        return {"resubmit_one", "set_aside_one"}
    return {"resubmit_one", "correct_one", "set_aside_one"}
