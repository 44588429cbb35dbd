"""What is done to many transactions of the error desk at once, after a page that asks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from registers.models import KkmTransaction
from retail.admin.asking import ask, confirmed
from retail.admin.base import user_of
from retail.exceptions import DomainError
from stock.admin.error_desk_verbs import ReasonForm, resubmitted_message
from stock.services import error_desk

MOST = 2000  # at one press; whoever has more presses again

_Verb = Callable[[list[int], User, str, datetime], str]


class BulkMixin:
    actions: Any = ("resubmit_chosen", "accept_chosen", "set_aside_chosen", "take_back_chosen")

    @admin.action(description=_("Resubmit…"), permissions=["mend"])
    def resubmit_chosen(self, request: HttpRequest, queryset: QuerySet[KkmTransaction]) -> HttpResponse | None:
        return _asked(
            self,
            request,
            queryset,
            action="resubmit_chosen",
            title=_("Resubmit"),
            question=_("They are looked at once more as they came. What still makes no sense goes on waiting."),
            verb=lambda pks, by, reason, now: resubmitted_message(
                error_desk.resubmit(transactions=pks, by=by, now=now)
            ),
        )

    @admin.action(description=_("Accept as they are…"), permissions=["decide"])
    def accept_chosen(self, request: HttpRequest, queryset: QuerySet[KkmTransaction]) -> HttpResponse | None:
        return _asked(
            self,
            request,
            queryset,
            action="accept_chosen",
            title=_("Accept as they are"),
            question=_(
                "Those whose figures disagree, and whose goods are in the books already, are accepted as they are."
                " Those with something to mend go on waiting."
            ),
            verb=lambda pks, by, reason, now: _changed(
                error_desk.accept_as_is(transactions=pks, by=by, reason=reason, now=now)
            ),
            with_reason=True,
        )

    @admin.action(description=_("Set aside…"), permissions=["decide"])
    def set_aside_chosen(self, request: HttpRequest, queryset: QuerySet[KkmTransaction]) -> HttpResponse | None:
        return _asked(
            self,
            request,
            queryset,
            action="set_aside_chosen",
            title=pgettext_lazy("verb", "Set aside"),
            question=_("What of them is not in the books stays out of them. They can be taken back at any time."),
            verb=lambda pks, by, reason, now: _changed(
                error_desk.set_aside(transactions=pks, by=by, reason=reason, now=now)
            ),
            with_reason=True,
        )

    @admin.action(description=_("Take back to the desk…"), permissions=["decide"])
    def take_back_chosen(self, request: HttpRequest, queryset: QuerySet[KkmTransaction]) -> HttpResponse | None:
        return _asked(
            self,
            request,
            queryset,
            action="take_back_chosen",
            title=_("Take back to the desk"),
            question=_("Those that were set aside wait for a person again."),
            verb=lambda pks, by, reason, now: _changed(error_desk.take_back(transactions=pks, by=by, now=now)),
        )


def _asked(
    model_admin: Any,
    request: HttpRequest,
    queryset: QuerySet[KkmTransaction],
    *,
    action: str,
    title: Any,
    question: Any,
    verb: _Verb,
    with_reason: bool = False,
) -> HttpResponse | None:
    """Show the page that asks; on the second asking do it to no more than `MOST`, and say how it went."""
    form = ReasonForm(request.POST if confirmed(request) else None) if with_reason else None
    if not confirmed(request) or (form is not None and not form.is_valid()):
        return ask(model_admin, request, queryset, action=action, title=title, question=question, form=form)
    chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    reason = form.cleaned_data["reason"] if form is not None else ""
    try:
        said = verb(chosen[:MOST], user_of(request), reason, timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return None
    messages.success(request, said)
    if len(chosen) > MOST:
        messages.warning(
            request, gettext("Only the oldest %(most)s were taken: repeat it for the rest.") % {"most": MOST}
        )
    return None


def _changed(count: int) -> str:
    return ngettext("%(count)d transaction changed.", "%(count)d transactions changed.", count) % {"count": count}
