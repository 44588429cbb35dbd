"""The search of the menu: whatever a person has typed or scanned, from any page.

While somebody types, the menu asks for what is found so far; Enter opens the page of all of it, or at once the only
thing that is called exactly so: a scanner ends what it types with Enter. Everybody finds what they may see, each kind
by its own rule (`exchange.services.finding`), in eight statements at most.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.sites import AdminSite
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext

from billing.admin import shown as cards_shown
from billing.admin.cards import meant
from billing.choices import CardDocumentKind
from billing.models import CardNumber, DiscountCard
from exchange.services import finding
from registers.admin.facts import here, list_url, page_url, shop_time
from retail.services import figures
from stock.choices import DocumentKind

SHORTEST = 2
MENU_LINES = 6


@dataclass(frozen=True)
class Hit:
    title: str
    note: str
    url: str | None
    exact: bool = False


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `more_url` is the list in which the same is sought."""

    title: str
    icon: str
    hits: Sequence[Hit]
    more_url: str | None = None


def view(request: HttpRequest, *, site: AdminSite, menu: Iterable[tuple[str, str]]) -> HttpResponse:
    """Answer a search with a fragment (`live`), the page of what was found, or the way to the only exact match.

    `menu` is the lines of the menu that this person sees: (title, address).
    """
    term = finding.cleaned(request.GET.get("s", ""))
    # One figure is a document, a register: whoever has pressed Enter knows what it is.
    groups = _groups(request, term, menu, timezone.now()) if len(term) >= SHORTEST or term.isdigit() else []
    context = {"term": term, "groups": groups, "sought": _sought(request)}
    if "live" in request.GET:
        return TemplateResponse(request, "exchange/search_found.html", context)
    exact = [hit for group in groups for hit in group.hits if hit.exact and hit.url]
    if len(exact) == 1 and exact[0].url:
        return HttpResponseRedirect(exact[0].url)
    return TemplateResponse(
        request, "exchange/search.html", {**site.each_context(request), **context, "title": gettext("Search")}
    )


def _groups(request: HttpRequest, term: str, menu: Iterable[tuple[str, str]], now: datetime) -> list[Group]:
    found = [
        _pages(term, menu),
        *(ask(term, now) for permission, ask in _ASKED if request.user.has_perm(permission)),
        _documents(request, term, now),
    ]
    if request.user.has_perm("billing.view_discountcard"):
        found.append(_cards(request, term))
    return [group for group in found if group.hits]


def _pages(term: str, menu: Iterable[tuple[str, str]]) -> Group:
    wanted = term.casefold()
    hits = [Hit(title, "", url) for title, url in menu if wanted in title.casefold()]
    return Group(gettext("Pages"), "menu", hits[:MENU_LINES])


def _skus(term: str, now: datetime) -> Group:
    hits = [
        Hit(
            sku.name, sku.code + (f" · {gettext('Withdrawn')}" if sku.withdrawn else ""),
            page_url("retail.sku", sku.pk), sku.exact,
        )
        for sku in finding.skus(term)
    ]  # fmt: skip
    return Group(gettext("Goods"), "qr_code_2", hits, list_url("retail.sku", q=term))


def _registers(term: str, now: datetime) -> Group:
    hits = [
        Hit(str(register), str(register.shop), page_url("registers.register", register.pk), register.exact)
        for register in finding.registers(term)
    ]
    return Group(gettext("Registers"), "point_of_sale", hits, list_url("registers.register", q=term))


def _receipts(term: str, now: datetime) -> Group:
    hits = [
        Hit(
            f"{receipt.get_kind_display()} № {receipt.number}, {figures.money(receipt.total)}",
            f"{shop_time(receipt.occurred_at, receipt.register.shop)} · {receipt.register}",
            page_url("registers.receipt", receipt.pk),
            term == receipt.uid or term == str(receipt.fiscal_document),
        )
        for receipt in finding.receipts(term, now=now)
    ]
    return Group(gettext("Receipts"), "receipt_long", hits, list_url("registers.receipt", q=term))


# In the order in which they are shown.
_ASKED = (
    ("retail.view_sku", _skus),
    ("registers.view_register", _registers),
    ("registers.view_receipt", _receipts),
)


def _documents(request: HttpRequest, term: str, now: datetime) -> Group:
    stock, cards = DocumentKind.values, CardDocumentKind.values
    may = {kind for kind in stock if request.user.has_perm(f"stock.view_{_model(kind)}")}
    may_cards = {kind for kind in cards if request.user.has_perm(f"billing.view_{_model(kind)}document")}
    hits = [
        *(_document(one, f"stock.{_model(one.kind)}") for one in finding.documents(term, kinds=may, now=now)),
        *(
            _document(one, f"billing.{_model(one.kind)}document")
            for one in finding.card_documents(term, kinds=may_cards)
        ),
    ]
    return Group(gettext("Documents"), "description", hits)


def _model(kind: str) -> str:
    return kind.replace("_", "")


def _document(document: Any, label: str) -> Hit:
    note = f"{here(document.date)} · {document.organization} · {document.get_state_display()}"
    return Hit(f"{document.get_kind_display()} № {document.number}", note, page_url(label, document.pk))


def _cards(request: HttpRequest, term: str) -> Group:
    """Find cards by any of their numbers, as whoever asks may see them; by owners for who may see owners."""
    whole = cards_shown.sees_people(request)
    read = Exists(CardNumber.objects.filter(card=OuterRef("pk"), value=term))
    cards = DiscountCard.objects.filter(pk__in=meant(term, sees_people=whole)).annotate(exact=read)
    found = list(cards.select_related("kind", "owner").order_by("-exact", "-pk")[: finding.FOUND])
    names = cards_shown.names_of((card.pk for card in found), whole=whole)
    hits = [
        Hit(
            names.get(card.pk) or str(card),
            " · ".join(_of_card(card, whole=whole)),
            page_url("billing.discountcard", card.pk),
            card.exact,
        )
        for card in found
    ]
    return Group(gettext("Discount cards"), "loyalty", hits, list_url("billing.discountcard", q=term))


def _of_card(card: DiscountCard, *, whole: bool) -> Iterator[str]:
    yield str(card.kind)
    yield card.get_status_display()
    if whole and card.owner:
        yield card.owner.called


def _sought(request: HttpRequest) -> list[str]:
    """Say what may be searched for, to whom it may be shown."""
    may = request.user.has_perm
    said = [
        ("retail.view_sku", gettext("goods by barcode, code, article or words of the name")),
        ("registers.view_register", gettext("a register by number, name, workplace or serial number")),
        (
            "registers.view_receipt",
            gettext("a receipt by its id, its fiscal document, or its number of the last 60 days"),
        ),
        ("stock.view_stockdocument", gettext("a document or a customer order by number")),
        ("billing.view_discountcard", gettext("a discount card by number")),
        ("billing.view_cardowner", gettext("the cards of a person by phone or name")),
    ]
    return [words for permission, words in said if may(permission)] + [gettext("a page by its name in the menu")]
