"""Codes of SKUs: giving them out, and finding a SKU by whatever was scanned or typed."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError
from retail.fields import gs1_check_digit
from retail.models import Barcode, Constants, Sku
from retail.services import catalogue

# A sequence hands out numbers without a lock; what somebody has typed in by hand is passed over.
_NEXT_CODES = """
    SELECT made.code FROM (SELECT nextval('retail_sku_code')::text AS code FROM generate_series(1, %s)) AS made
    WHERE NOT EXISTS (SELECT FROM retail_sku s WHERE s.code = made.code)
"""


class UnknownSku(DomainError):
    code = "unknown_sku"
    status = 404


class NoCode(DomainError):
    code = "sku_without_code"


class Found(NamedTuple):
    """What a code means. `quantity` is 1, or the kilograms that a weighed barcode carries."""

    sku: Sku
    quantity: Decimal


def next_code() -> str:
    """Return the next free number for a SKU. It is never given again, whether it is used or not."""
    return next_codes(1)[0]


def next_codes(count: int) -> list[str]:
    """Return so many free numbers, in one query unless some were taken by hand."""
    codes: list[str] = []
    with connection.cursor() as cursor:
        while len(codes) < count:
            cursor.execute(_NEXT_CODES, [count - len(codes)])
            codes += [code for (code,) in cursor.fetchall()]
    return codes


def assign_code(*, sku: Sku) -> Sku:
    """Give a SKU without a code the next one, if constants say so. The caller saves it. Raises `NoCode`."""
    if not sku.code:
        if not Constants.objects.get().automatic_sku:
            raise NoCode(_("Enter a SKU code: automatic codes are switched off in the constants."), attr="code")
        sku.code = next_code()
    return sku


def find(code_or_barcode: str) -> Found:
    """Find a SKU by its code, by a barcode, or by a weighed barcode, with its item and unit. Raises `UnknownSku`."""
    text = code_or_barcode.strip()
    if "\x00" not in text:
        # A union and not an OR: each half is an index scan.
        ids = Sku.objects.filter(code=text).values("pk").union(Barcode.objects.filter(value=text).values("sku"))
        known = Sku.objects.select_related("item__unit").filter(pk__in=ids)
        # A code is ours and comes first should somebody have made a barcode of the same digits.
        if found := sorted(known, key=lambda sku: sku.code != text):
            return Found(found[0], Decimal(1))
        if weighed := _find_weighed(text):
            return weighed
    raise UnknownSku(_("Nothing is known under “%(code)s”.") % {"code": text[:60].replace("\x00", "")})


def _find_weighed(barcode: str) -> Found | None:
    """Read a scales' label: a 2-digit prefix, 5 digits of the scales code, 5 of grams, and a check digit."""
    if len(barcode) != 13 or not (barcode.isascii() and barcode.isdigit()) or barcode[0] != "2":
        return None
    if gs1_check_digit(barcode[:12]) != barcode[12]:
        return None
    if barcode[:2] not in Constants.objects.get().weighed_prefixes.split(","):
        return None
    sku = Sku.objects.select_related("item__unit").filter(plu=int(barcode[2:7])).first()
    return Found(sku, Decimal(barcode[7:12]).scaleb(-3)) if sku else None


@transaction.atomic
def withdraw(*, sku_ids: Iterable[int]) -> int:
    """Take SKUs off sale; registers are told once. Return how many were on sale."""
    catalogue.lock()
    return Sku.objects.filter(pk__in=list(sku_ids), withdrawn=False).update(withdrawn=True)


@transaction.atomic
def return_to_sale(*, sku_ids: Iterable[int]) -> int:
    """Put withdrawn SKUs back on sale. Return how many there were."""
    catalogue.lock()
    return Sku.objects.filter(pk__in=list(sku_ids), withdrawn=True).update(withdrawn=False)
