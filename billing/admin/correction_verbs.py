"""What people do with a correction: submit, withdraw, approve, refuse it, take it back. Each verb asks first."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from billing.admin import shown
from billing.admin.correction_lines import card_name, lives_until
from billing.choices import CorrectionStage
from billing.models import CorrectionDocument, CorrectionLine
from billing.services import corrections
from billing.services.corrections.refusals import NotEnoughOnCards
from registers.admin.facts import link
from retail.admin.base import user_of
from retail.choices import DocumentState
from retail.exceptions import DomainError

SENSIBLE: dict[str, frozenset[str]] = {
    CorrectionStage.WRITTEN: frozenset({"submit_correction"}),
    CorrectionStage.REFUSED: frozenset({"submit_correction"}),
    CorrectionStage.SUBMITTED: frozenset({"approve_correction", "refuse_correction", "withdraw_correction"}),
    CorrectionStage.APPROVED: frozenset({"take_back_correction"}),
}


class WhyForm(forms.Form):
    why = forms.CharField(label=_("Reason"), widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class CorrectionVerbs(ModelAdmin):
    """Adds the verbs to the page of a correction, for whoever may and while they make sense."""

    actions_detail: Any = (
        "approve_correction",
        "refuse_correction",
        "submit_correction",
        "withdraw_correction",
        "take_back_correction",
    )

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        document = self.get_object(request, object_id)
        sensible = SENSIBLE[document.stage] if document else frozenset()
        if document and document.stage == CorrectionStage.SUBMITTED and _is_own(request, document):
            sensible = frozenset({"withdraw_correction"})
        if document and (document.reverses_id or document.state == DocumentState.REVERSED):
            sensible -= {"take_back_correction"}
        return [offered for offered in allowed if offered.method.original_function_name in sensible]

    def has_write_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.change_correctiondocument")

    def has_draft_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.add_correctiondocument")

    def has_approve_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.approve_correctiondocument")

    @action(
        description=_("Submit for approval"),
        url_path="submit",
        permissions=["write"],
        icon="send",
        variant=ActionVariant.PRIMARY,
    )
    def submit_correction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            may=self.has_write_permission,
            check=lambda document: corrections.check_can_submit(document=document),
            verb=lambda document, _why: corrections.submit(document=document, by=user_of(request), now=timezone.now()),
            question=_("Submit %(document)s for approval?"),
            effect=_("Another person approves it or refuses it; figures move once it is approved."),
            button=_("Submit for approval"),
            done=_("%(document)s awaits approval."),
        )

    @action(
        description=pgettext_lazy("correction", "Withdraw"), url_path="withdraw", permissions=["write"], icon="undo"
    )
    def withdraw_correction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            may=self.has_write_permission,
            check=lambda document: corrections.check_is_submitted(document=document),
            verb=lambda document, _why: corrections.withdraw(document=document),
            question=_("Withdraw %(document)s from approval?"),
            effect=_("It is a draft again and can be edited."),
            button=pgettext_lazy("correction", "Withdraw"),
            done=_("%(document)s is a draft again."),
        )

    @action(
        description=_("Approve"),
        url_path="approve",
        permissions=["approve"],
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
    )
    def approve_correction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            may=self.has_approve_permission,
            check=lambda document: corrections.check_can_approve(document=document, by=user_of(request)),
            verb=lambda document, _why: corrections.approve(document=document, by=user_of(request), now=timezone.now()),
            question=_("Approve %(document)s?"),
            effect=_(
                "All lines take effect at once, or none. An approved correction is not edited; it can be taken back."
            ),
            button=_("Approve"),
            done=_("%(document)s is approved: the figures have moved."),
        )

    @action(
        description=_("Refuse…"),
        url_path="refuse",
        permissions=["approve"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def refuse_correction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            may=self.has_approve_permission,
            check=lambda document: corrections.check_can_approve(document=document, by=user_of(request)),
            verb=lambda document, why: corrections.refuse(
                document=document, why=why, by=user_of(request), now=timezone.now()
            ),
            question=_("Refuse %(document)s?"),
            effect=_("It goes back with your reason, to be mended and submitted again, or deleted."),
            button=_("Refuse"),
            done=_("%(document)s is refused."),
            form=WhyForm(request.POST or None),
        )

    @action(
        description=_("Take back…"),
        url_path="take-back",
        permissions=["draft"],
        icon="undo",
        variant=ActionVariant.WARNING,
    )
    def take_back_correction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            may=self.has_draft_permission,
            check=lambda document: corrections.check_can_reverse(document=document),
            verb=lambda document, why: corrections.draft_opposite(
                document=document, reason=why, by=user_of(request), now=timezone.now()
            ),
            question=_("Draft a correction that takes %(document)s back?"),
            effect=_(
                "It takes effect once another person has approved it. What was taken off returns to the same lots."
            ),
            button=_("Draft it"),
            done=_("%(document)s is drafted: submit it for approval."),
            form=WhyForm(request.POST or None),
        )

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        may: Callable[[HttpRequest], bool],
        check: Callable[[CorrectionDocument], None],
        verb: Callable[[CorrectionDocument, str], CorrectionDocument],
        question: Any,
        effect: Any,
        button: Any,
        done: Any,
        form: WhyForm | None = None,
    ) -> HttpResponse:
        """Show what will happen; on the second asking do it, and say how it went."""
        document = self.get_object(request, object_id)
        if document is None:
            raise Http404
        if not may(request):
            raise PermissionDenied
        words = {"question": question, "effect": effect, "button": button}
        try:
            check(document)
            if request.method != "POST" or (form and not form.is_valid()):
                return self._page(request, document, form=form, **words)
            document = verb(document, form.cleaned_data["why"] if form else "")
        except NotEnoughOnCards as refusal:
            messages.error(request, _short(refusal, whole=shown.sees_people(request)))
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, done % {"document": document})
        return HttpResponseRedirect(reverse("admin:billing_correctiondocument_change", args=[document.pk]))

    def _page(
        self, request: HttpRequest, document: CorrectionDocument, *, form: WhyForm | None, question: Any, **words: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media + form.media if form else self.media,
            "original": document,
            "title": question % {"document": document},
            "stage": shown.correction_badge(document),
            "rows": _rows(document, whole=shown.sees_people(request)),
            "form": form,
            "back_url": reverse("admin:billing_correctiondocument_change", args=[document.pk]),
            **words,
        }
        return TemplateResponse(request, "billing/confirm_correction.html", context)


def _is_own(request: HttpRequest, document: CorrectionDocument) -> bool:
    return user_of(request).pk in {document.written_by_id, document.submitted_by_id}


def _rows(document: CorrectionDocument, *, whole: bool) -> list[dict[str, Any]]:
    """Describe lines in the order in which they take effect, with what stands in the books before and after each."""
    lines = document.lines.select_related("card").prefetch_related("card__numbers").order_by("line")
    so_far: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    rows = []
    for line in sorted(lines, key=lambda one: (one.amount > 0, one.line)):
        key = (line.card_id, line.measure)
        before = Decimal(getattr(line.card, line.measure)) + so_far[key]
        so_far[key] += line.amount
        rows.append(
            {
                "line": line.line,
                "card": link(line.card, card_name(line, whole=whole)),
                "measure": line.get_measure_display(),
                "before": shown.figure(line.measure, before),
                "change": shown.figure(line.measure, line.amount, signed=True),
                "after": shown.figure(line.measure, before + line.amount),
                "short": line.amount < 0 and before + line.amount < 0,
                "ends": lives_until(line),
            }
        )
    return rows


def _short(refusal: NotEnoughOnCards, *, whole: bool) -> SafeString:
    """Return a message that names each line for which there is too little."""
    named = format_html_join("", "<li>{}</li>", ([_lacking(line, lacks, whole)] for line, lacks in refusal.lines))
    return format_html(
        "{}<ul>{}</ul>", _now("Nothing was done: there is less on the cards than is to be taken off."), named
    )


def _lacking(line: CorrectionLine, lacks: Decimal, whole: bool) -> str:
    return _now("line %(line)s, card %(card)s, %(measure)s: %(lacking)s is lacking") % {
        "line": line.line,
        "card": card_name(line, whole=whole),
        "measure": line.get_measure_display().lower(),
        "lacking": shown.amount(line.measure, lacks),
    }
