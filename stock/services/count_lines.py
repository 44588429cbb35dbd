"""Lines of a draft count: filled from the balances, typed, scanned or taken from a file.

A SKU stands in a count once; whoever counts it in a second place adds to its line. Every verb locks the count, so that
several people may count into one document at once, and brings what is expected up to date.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from retail.exceptions import DomainError
from retail.models import ItemGroup
from retail.services import skus
from retail.services.statements import beside
from stock.models import CountLine, StockCount
from stock.services import documents, expectations

FILL = beside(__file__, "fill.sql", prepared=False)


class NegativeCount(DomainError):
    """More was taken back than had been counted."""

    code = "negative_count"


@transaction.atomic
def save(*, count: StockCount, lines: Iterable[CountLine]) -> None:
    """Write lines of a draft, new and changed; new ones are numbered after the last.

    Raises `NotADraft`, `QuantityTooLarge`, `ValidationError`.
    """
    documents.check_is_draft(document=documents.lock(document=count))
    new: list[CountLine] = []
    for line in lines:
        _check(line)
        if line._state.adding:
            new.append(line)
        else:
            line.save(update_fields=["sku", "counted"])
    _append(count, new)
    expectations.refresh(count=count)


@transaction.atomic
def fill(*, count: StockCount, group: ItemGroup | None = None) -> int:
    """Put on the count all goods that the warehouse has by the books, of a group and those under it or of all.

    They are not counted yet. Returns how many were not on it before. Raises `NotADraft`.
    """
    documents.check_is_draft(document=documents.lock(document=count))
    groups = None if group is None else list(group.descendants(include_self=True).values_list("pk", flat=True))
    added = len(FILL.rows(document=count.pk, groups=groups))
    if added:
        expectations.refresh(count=count)
    return added


@transaction.atomic
def add(*, count: StockCount, code: str, quantity: Decimal | None = None) -> CountLine:
    """Add what a scanner read to what is counted of that SKU: 1, what a scales' label says, or the quantity given.

    A quantity below zero takes back. Raises `UnknownSku`, `NegativeCount`, `NotADraft`, `ValidationError`.
    """
    documents.check_is_draft(document=documents.lock(document=count))
    sku, read = skus.find(code)
    line = count.count_lines.filter(sku=sku).first() or CountLine(document=count, sku=sku)
    line.sku = sku
    counted = (line.counted or 0) + (read if quantity is None else quantity)
    if counted < 0:
        raise NegativeCount(
            _("Only %(counted)s of %(sku)s is counted so far.") % {"counted": line.counted or 0, "sku": sku}
        )
    line.counted = counted
    _check(line)
    if line._state.adding:
        _append(count, [line])
    else:
        line.save(update_fields=["counted"])
    expectations.refresh(count=count, skus=[sku.pk])
    line.refresh_from_db(fields=["counted", "expected", "price", "difference", "amount"])
    return line


@transaction.atomic
def set_many(*, count: StockCount, counted: Mapping[int, Decimal]) -> int:
    """Write how much was counted of these SKUs, putting on those that are not there. Returns how many were put on.

    The quantities are those of goods and fit the column. Raises `NotADraft`, `QuantityTooLarge`.
    """
    documents.check_is_draft(document=documents.lock(document=count))
    known = {line.sku_id: line for line in count.count_lines.filter(sku__in=counted)}
    for sku, line in known.items():
        line.counted = counted[sku]
    CountLine.objects.bulk_update(known.values(), ["counted"], batch_size=1000)
    new = [CountLine(sku_id=sku, counted=quantity) for sku, quantity in counted.items() if sku not in known]
    _append(count, new)
    expectations.refresh(count=count)
    return len(new)


@transaction.atomic
def settle_uncounted(*, count: StockCount, as_expected: bool | None) -> int:
    """Decide on lines that nobody has counted: as the books say (True), none is there (False), or off the count (None).

    What is expected below zero counts as none. Returns how many lines there were. Raises `NotADraft`.
    """
    documents.check_is_draft(document=documents.lock(document=count))
    uncounted = count.count_lines.filter(counted=None)
    if as_expected is None:
        return uncounted.delete()[0]
    if not as_expected:
        return uncounted.update(counted=0)
    expectations.refresh(count=count)
    below = uncounted.filter(expected__lt=0).update(counted=0)
    return below + uncounted.update(counted=F("expected"))


def _check(line: CountLine) -> None:
    line.clean_fields(exclude={"document", "line", "sku"})
    line.clean()


def _append(count: StockCount, lines: list[CountLine]) -> None:
    last = count.count_lines.aggregate(last=Max("line"))["last"] or 0
    for place, line in enumerate(lines, start=last + 1):
        line.document, line.line = count, place
    CountLine.objects.bulk_create(lines)
