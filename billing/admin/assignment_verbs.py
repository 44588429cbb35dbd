"""Posting, reversing and copying assignments of promotions: each asks first and says what it changes."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant

from billing.admin import assignment_pages
from billing.models import PromotionAssignment
from billing.services import assignments
from retail.admin.base import user_of
from retail.choices import DocumentState
from retail.exceptions import DomainError

SENSIBLE: dict[str, frozenset[str]] = {
    DocumentState.DRAFT: frozenset({"post_assignment", "copy_assignment"}),
    DocumentState.POSTED: frozenset({"reverse_assignment", "copy_assignment"}),
    DocumentState.REVERSED: frozenset({"copy_assignment"}),
}


class AssignmentVerbs(ModelAdmin):
    """Adds the verbs to an assignment's page, each for whoever has its permission and while it makes sense."""

    actions_detail: Any = ("post_assignment", "reverse_assignment", "copy_assignment")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        one = self.get_object(request, object_id)
        sensible = SENSIBLE[one.state] if one else frozenset()
        return [offered for offered in allowed if offered.method.original_function_name in sensible]

    def has_post_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.post_promotionassignment")

    def has_reverse_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.reverse_promotionassignment")

    def has_draft_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.add_promotionassignment")

    @action(
        description=_("Post"),
        url_path="post",
        permissions=["post"],
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
    )
    def post_assignment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            may=self.has_post_permission,
            check=assignments.check_can_post,
            verb=assignments.post,
            question=_("Post %(document)s?"),
            effect=_("From now on it decides, where and when it holds, how long bonuses of the promotion live."),
            button=_("Post"),
            done=_("%(document)s is posted."),
        )

    @action(
        description=_("Reverse"), url_path="reverse", permissions=["reverse"], icon="undo", variant=ActionVariant.DANGER
    )
    def reverse_assignment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            may=self.has_reverse_permission,
            check=assignments.check_can_reverse,
            verb=assignments.reverse,
            question=_("Reverse %(document)s?"),
            effect=_("It decides about nothing any more, also about what registers tell late of days it was in force."),
            button=_("Reverse"),
            done=_("%(document)s is reversed."),
            danger=True,
        )

    @action(description=_("Copy to a new draft"), url_path="copy", permissions=["draft"], icon="content_copy")
    def copy_assignment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        one = self._found(request, object_id, self.has_draft_permission)
        if request.method != "POST":
            return self._page(
                request,
                one,
                question=_("Copy %(document)s to a new draft?"),
                effect=_("The draft holds for the same shops, kinds and days, with a number of its own."),
                button=_("Copy to a new draft"),
            )
        draft = assignments.draft_again(assignment=one, date=timezone.now())
        self.log_addition(request, draft, _now("Copied from %(document)s.") % {"document": one})
        messages.success(request, _now("%(document)s is drafted.") % {"document": draft})
        return self.to_page(draft.pk)

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        may: Callable[[HttpRequest], bool],
        check: Callable[..., None],
        verb: Callable[..., PromotionAssignment],
        done: Any,
        **words: Any,
    ) -> HttpResponse:
        """Show what will happen; on the second asking do it, and say how it went."""
        one = self._found(request, object_id, may)
        try:
            check(assignment=one)
            if request.method != "POST":
                return self._page(request, one, **words)
            verb(assignment=one, by=user_of(request), now=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            said = done % {"document": one}
            self.log_change(request, one, said)
            messages.success(request, said)
        return self.to_page(one.pk)

    def _found(self, request: HttpRequest, object_id: str, may: Callable[[HttpRequest], bool]) -> PromotionAssignment:
        one: PromotionAssignment | None = self.get_object(request, object_id)
        if one is None:
            raise Http404
        if not may(request):
            raise PermissionDenied
        return one

    def _page(self, request: HttpRequest, one: PromotionAssignment, *, question: Any, **words: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "original": one,
            "title": question % {"document": one},
            "back_url": self._url(one.pk),
            **assignment_pages.panel(one, now=timezone.now()),
            **words,
        }
        return TemplateResponse(request, "billing/confirm_assignment.html", context)

    def to_page(self, pk: object) -> HttpResponse:
        return HttpResponseRedirect(self._url(pk))

    def _url(self, pk: object) -> str:
        return reverse("admin:billing_promotionassignment_change", args=[pk])
