"""What a person may mean who typed or scanned something, whatever page is open: a statement for each kind of thing.

Each looks into indexes of its journal and returns a few, those that are called exactly so before others. A receipt is
found by its whole id and by the number of its fiscal document however old it is, by its own number among the recent
ones: registers give the same numbers again and again.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from billing.models import CardDocument
from registers.models import Receipt, Register
from retail.models import Barcode
from retail.services.search import matching_skus
from stock.models import StockDocument

FOUND = 6  # Of each kind: more than that is a list's business.
LONGEST = 100
RECENT = timedelta(days=60)
YEARS = 5
DIGITS = 18
ORDER_UID = 36
NUMBER_WIDTH = 6  # As documents are numbered: retail.services.numbering.


def cleaned(typed: str) -> str:
    """Return what was typed without what surrounds it, and without the sign of a number before it."""
    return typed.replace("\x00", "")[:LONGEST].strip().lstrip("№#").strip()


def number_of(term: str) -> int | None:
    return int(term) if term.isascii() and term.isdigit() and len(term) <= DIGITS else None


def skus(term: str) -> list[Any]:
    """Return SKUs by code, barcode, article or words of the name; `exact` where the code or a barcode is the term."""
    scanned = Exists(Barcode.objects.filter(sku=OuterRef("pk"), value=term))
    found: Any = matching_skus(term)
    found = found.annotate(exact=Case(When(Q(code__iexact=term) | scanned, True), default=Value(False)))
    return list(found.order_by("-exact", "withdrawn", "name", "pk")[:FOUND])


def registers(term: str) -> list[Any]:
    """Return registers by number, name, workplace or serial number; `exact` where the number is the term."""
    number = number_of(term)
    numbered = Q(number=number) if number is not None and number < 2**31 else Q(pk__in=[])
    named = Q(name__icontains=term) | Q(workplace__icontains=term) | Q(status__serial__iexact=term)
    found: Any = Register.objects.filter(numbered | named).select_related("shop")
    found = found.annotate(exact=Case(When(numbered, True), default=Value(False)))
    return list(found.order_by("-exact", "number")[:FOUND])


def receipts(term: str, *, now: datetime) -> list[Receipt]:
    """Return receipts by id, by fiscal document, and recent ones by their number; the latest first."""
    ids: QuerySet[Any] = Receipt.objects.filter(register__in=Register.objects.values("pk"), uid=term).values("pk")
    number = number_of(term)
    if number is not None:
        recent = Receipt.objects.numbered(number).filter(occurred_at__range=(now - RECENT, now + timedelta(days=1)))
        ids = ids.union(Receipt.objects.fiscal(number).values("pk"), recent.values("pk"))
    found = Receipt.objects.filter(pk__in=ids).select_related("register__shop")
    return list(found.order_by("-pk")[:FOUND])


def documents(term: str, *, kinds: Collection[str], now: datetime) -> list[StockDocument]:
    """Return documents of these kinds by number, of the last years; an order also by the id that registers know."""
    if len(term) == ORDER_UID:
        return list(
            StockDocument.objects.filter(customerorder__uid=term, kind__in=kinds).select_related("organization")
        )
    number = number_of(term)
    if number is None or not kinds:
        return []
    year = timezone.localdate(now).year
    named = f"{number:0{NUMBER_WIDTH}d}"
    found = StockDocument.objects.numbered(named, kinds=kinds, years=range(year - YEARS, year + 2))
    return list(found.select_related("organization").order_by("-date", "-pk")[: 2 * FOUND])


def card_documents(term: str, *, kinds: Collection[str]) -> list[CardDocument]:
    """Return documents of discount cards by number."""
    number = number_of(term)
    if number is None or not kinds:
        return []
    found = CardDocument.objects.filter(number=f"{number:0{NUMBER_WIDTH}d}", kind__in=kinds)
    return list(found.select_related("organization").order_by("-date", "-pk")[:FOUND])
