"""Posting and reversing in the admin: a page that shows what will happen, and a refusal in words."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from registers.choices import StockControl
from registers.models import Register
from retail.admin.base import user_of
from retail.choices import DocumentState, ItemKind
from retail.exceptions import DomainError
from stock.admin.shown import balance_figure, figure, money, sku_link
from stock.choices import DocumentKind
from stock.models import StockDocument
from stock.services import documents, effects
from stock.services.ledger import NotEnoughStock

SHOWN_LINES = 500
NAMED_SHORTAGES = 20
ACTIONS: dict[str, frozenset[str]] = {
    DocumentState.DRAFT: frozenset({"post_document"}),
    DocumentState.POSTED: frozenset({"reverse_document", "draft_again"}),
    DocumentState.REVERSED: frozenset({"draft_again"}),
}


class PostingMixin:
    """Adds the verbs of a document to its page, each for whoever has its permission and while it makes sense."""

    actions_detail: tuple[Any, ...] = ("post_document", "reverse_document", "draft_again", "print_document")
    draft_actions: frozenset[str] = frozenset()  # What a kind offers beside, as long as it is a draft.
    confirm_template = "stock/confirm_document.html"
    copy_template = "stock/copy_document.html"

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        document = self.get_object(request, object_id)  # type: ignore[attr-defined]
        sensible = self.sensible_actions(document) if document else frozenset()
        allowed = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return [offered for offered in allowed if offered.method.original_function_name in sensible]

    def sensible_actions(self, document: Any) -> frozenset[str]:
        """Return the names of what may be done with a document in its state."""
        return ACTIONS[document.state] | {"print_document"} | (self.draft_actions if document.is_draft else frozenset())

    def has_post_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, "post")

    def has_reverse_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, "reverse")

    def has_draft_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, "add")

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return request.user.has_perm(f"stock.{verb}_{self.opts.model_name}")  # type: ignore[attr-defined]

    @action(
        description=_("Post"),
        url_path="post",
        permissions=["post"],
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
    )
    def post_document(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirm(
            request,
            object_id,
            reversing=False,
            check=documents.check_can_post,
            verb=documents.post,
            done=_("%(document)s is posted."),
        )

    @action(
        description=_("Reverse"), url_path="reverse", permissions=["reverse"], icon="undo", variant=ActionVariant.DANGER
    )
    def reverse_document(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirm(
            request,
            object_id,
            reversing=True,
            check=documents.check_can_reverse,
            verb=documents.reverse,
            done=_("%(document)s is reversed."),
        )

    @action(description=_("Copy to a new draft"), url_path="copy", permissions=["draft"], icon="content_copy")
    def draft_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        document = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if document is None:
            return self._missing(request, object_id)
        if request.method != "POST":
            context = self._context(document, request, _("Copy %(document)s to a new draft?"))
            return TemplateResponse(request, self.copy_template, context)
        draft = self.copy(document)
        self.log_addition(request, draft, _now("Copied from %(document)s.") % {"document": document})  # type: ignore[attr-defined]
        messages.success(request, _now("%(document)s is drafted.") % {"document": draft})
        return self.to_page(draft.pk)

    def _confirm(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        reversing: bool,
        check: Callable[..., None],
        verb: Callable[..., StockDocument],
        done: Any,
    ) -> HttpResponse:
        """Show what will happen; on the second asking do it, and say how it went."""
        document = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if document is None:
            return self._missing(request, object_id)
        try:
            check(document=document)
            if request.method != "POST":
                return self._page(request, document, reversing=reversing)
            verb(document=document, by=user_of(request), now=timezone.now())
        except NotEnoughStock as refusal:
            messages.error(request, shortages_message(refusal))
            return HttpResponseRedirect(request.path)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            said = done % {"document": document}
            self.log_change(request, document, said)  # type: ignore[attr-defined]
            messages.success(request, said)
        return self.to_page(document.pk)

    def copy(self, document: Any) -> StockDocument:
        draft: StockDocument = documents.draft_again(document=document, date=timezone.now())
        return draft

    def _page(self, request: HttpRequest, document: StockDocument, *, reversing: bool) -> HttpResponse:
        told, later = self._registers(document)
        context = {
            **self._context(document, request, _("Reverse %(document)s?") if reversing else _("Post %(document)s?")),
            "reversing": reversing,
            "told": told,
            "later": later,
            **self.preview(document, reversing=reversing),
        }
        return TemplateResponse(request, self.confirm_template, context)

    def preview(self, document: Any, *, reversing: bool) -> dict[str, Any]:
        """Return what the page that asks shows of what will happen."""
        effect = effects.EFFECTS[DocumentKind(document.kind)]
        direction = -effect.direction if reversing else effect.direction
        found = document.lines.with_stock().select_related("sku__item__unit").order_by("line")
        lines = list(found[: SHOWN_LINES + 1])
        return {
            "incoming": direction > 0,
            "rows": [_row(line, direction) for line in lines[:SHOWN_LINES]],
            "cut": len(lines) > SHOWN_LINES,
        }

    def _context(self, document: Any, request: HttpRequest, question: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "media": self.media,  # type: ignore[attr-defined]
            "original": document,
            "title": question % {"document": document},
            "document": document,
            "counterparty": self.party(document),
            "total": money(document.total),
            "back_url": self._url(document.pk),
        }

    def party(self, document: Any) -> Any:
        """Return whom or what the document deals with beside its warehouse."""
        return getattr(document, self.counterparty)  # type: ignore[attr-defined]

    def warehouses(self, document: Any) -> list[int]:
        """Return the warehouses in which the document moves goods."""
        return [document.warehouse_id]

    def _registers(self, document: StockDocument) -> tuple[list[Register], list[Register]]:
        """Return the warehouses' registers that will be told at once, and those that hear with a later sale."""
        told: list[Register] = []
        later: list[Register] = []
        effect = effects.EFFECTS[DocumentKind(document.kind)]
        for register in Register.objects.active().filter(warehouse__in=self.warehouses(document)).order_by("number"):
            at_once = effect.heard_by_all or register.stock_control == StockControl.WITHOUT_PROMPTS
            (told if at_once else later).append(register)
        return told, later

    def _missing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]

    def to_page(self, pk: object) -> HttpResponse:
        return HttpResponseRedirect(self._url(pk))

    def _url(self, pk: object) -> str:
        return reverse(f"admin:stock_{self.opts.model_name}_change", args=[pk])  # type: ignore[attr-defined]


def shortages_message(refusal: NotEnoughStock) -> str:
    """Return a message that names each short line, and beyond `NAMED_SHORTAGES` how many more there are."""
    named = format_html_join("", "<li>{}</li>", ([shortage] for shortage in refusal.shortages[:NAMED_SHORTAGES]))
    more = len(refusal.shortages) - NAMED_SHORTAGES
    if more > 0:
        named += format_html("<li>{}</li>", _now("and %(count)s more") % {"count": more})
    return format_html("{}<ul>{}</ul>", _now("Not enough stock:"), named)


def _row(line: Any, direction: int) -> dict[str, Any]:
    """Describe what happens to a line's SKU: what is available now, and after all the document's lines of it."""
    after = line.available + direction * line.asked
    return {
        "line": line.line,
        "sku": sku_link(line.sku),
        "quantity": figure(line.quantity),
        "unit": line.sku.item.unit.short_name,
        "moves": line.sku.item.kind == ItemKind.GOODS,
        "available": balance_figure(line.available, line.balance_id),
        "after": figure(after),
        "short": direction < 0 and after < 0 and line.sku.item.kind == ItemKind.GOODS,
    }
