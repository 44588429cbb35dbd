"""Where a number comes from: what makes the four numbers of a balance, down to documents and receipts.

`explain` sums everything up in one statement, and so from one moment; the lists that show it row by row are read
beside it. A sum that does not make the balance is `unexplained`: somebody wrote past the services.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from registers.choices import TransactionKind
from registers.models import Payment, Receipt, ReceiptLine
from retail.services.statements import beside
from stock.models import Balance, CurrentSales, MendedLine, Movement, UnpostedReceipt, ZReport

EXPLAIN = beside(__file__, "explain.sql")
ZERO = Decimal(0)
WAITING = (TransactionKind.SALE.value, TransactionKind.RETURN.value, "mended")


@dataclass(frozen=True)
class Group:
    """So many rows of one kind: what they added, and what they took away (zero or below)."""

    kind: str
    count: int
    added: Decimal
    taken: Decimal

    @property
    def net(self) -> Decimal:
        return self.added + self.taken


@dataclass(frozen=True)
class Explanation:
    """The numbers of a balance and what makes them, as of one moment."""

    on_hand: Decimal
    sold: Decimal
    reserved: Decimal
    opening: Group
    moved: tuple[Group, ...]
    waiting: tuple[Group, ...]

    @property
    def available(self) -> Decimal:
        return self.on_hand - self.sold - self.reserved

    @property
    def on_hand_unexplained(self) -> Decimal:
        return self.on_hand - self.opening.net - sum((group.net for group in self.moved), ZERO)

    @property
    def sold_unexplained(self) -> Decimal:
        return self.sold - sum((group.net for group in self.waiting), ZERO)


def explain(*, balance: Balance, since: datetime | None = None) -> Explanation:
    """Sum up what makes a balance, in one statement. Movements made before `since` are its opening."""
    parts: dict[str, dict[str, Group]] = {"figure": {}, "opening": {}, "moved": {}, "sold": {}}
    for part, *group in EXPLAIN.rows(balance=balance.pk, since=since):
        parts[part][group[0]] = Group(*group)
    figures = {name: group.net for name, group in parts["figure"].items()}
    return Explanation(
        **figures,
        opening=parts["opening"].get("", Group("", 0, ZERO, ZERO)),
        moved=tuple(parts["moved"].values()),
        waiting=tuple(parts["sold"][kind] for kind in WAITING if kind in parts["sold"]),
    )


def movements(*, balance: Balance, since: datetime | None = None, kind: str = "") -> QuerySet[Movement]:
    """Return the movements that `explain` counts, of one kind of document or of all, the latest first."""
    found = Movement.objects.filter(warehouse=balance.warehouse_id, sku=balance.sku_id)
    if since:
        found = found.filter(made_at__gte=since)
    if kind:
        found = found.filter(document__kind=kind)
    return found.select_related("document").order_by("-pk")


def waiting_lines(*, balance: Balance) -> QuerySet[ReceiptLine]:
    """Return the lines of receipts that make `sold`, the latest first: no document holds them yet."""
    of_sku = ReceiptLine.objects.filter(
        sku=balance.sku_id,
        receipt__warehouse=balance.warehouse_id,
        receipt__kind__in=(TransactionKind.SALE, TransactionKind.RETURN),
    )
    # What waits is little and what was ever sold is not, so it is sought from what waits: by two ways, never by an OR.
    unposted = UnpostedReceipt.objects.filter(warehouse=balance.warehouse_id).values("receipt")
    as_taken_in = of_sku.filter(~Exists(MendedLine.objects.filter(line=OuterRef("pk"))), receipt__in=unposted)
    mended = of_sku.filter(pk__in=MendedLine.objects.filter(document=None).values("line"))
    found = ReceiptLine.objects.filter(pk__in=as_taken_in.values("pk").union(mended.values("pk")))
    return found.select_related("receipt__register__shop", "receipt__shift", "receipt__transaction").order_by("-pk")


def receipts_of(*, report: ZReport, among: QuerySet[Receipt] | None = None) -> QuerySet[Receipt]:
    """Return the receipts that a Z-report's totals are made of, whichever documents moved their goods.

    They are those it posted itself and those of its shift's current sales since the report before it: what was sold
    from another warehouse stands in current sales of its own, made in the same run.
    """
    before = ZReport.objects.filter(shift=report.shift_id, pk__lt=report.pk).order_by("-pk").first()
    sales = CurrentSales.objects.filter(shift=report.shift_id, posted_at__lte=report.posted_at)
    if before:
        sales = sales.filter(posted_at__gt=before.posted_at)
    receipts = Receipt.objects.all() if among is None else among
    return receipts.filter(
        Q(posting__document=report.pk) | Q(posting__document__in=sales.values("pk")), shift=report.shift_id
    )


@dataclass(frozen=True)
class Sums:
    """What receipts come to, in roubles; `part` is what of sales and returns is at one VAT rate or paid one way."""

    sale_count: int
    sales: Decimal
    return_count: int
    returns: Decimal
    part: tuple[Decimal, Decimal] | None


def sum_up(*, receipts: QuerySet[Receipt], vat: str | None = None, paid: str | None = None) -> Sums:
    """Sum receipts up in one statement, and in another what of them is at a VAT rate or paid in one way."""
    grouped = receipts.order_by().values_list("kind").annotate(count=Count("pk"), sum=Sum("total"))
    by_kind = {kind: (count, amount) for kind, count, amount in grouped}
    sale_count, sales = by_kind.get(TransactionKind.SALE, (0, ZERO))
    return_count, returns = by_kind.get(TransactionKind.RETURN, (0, ZERO))
    rows: QuerySet[ReceiptLine] | QuerySet[Payment] | None = None
    if paid:
        rows = Payment.objects.filter(receipt__in=receipts.order_by().values("pk"), kind=paid)
    elif vat is not None:
        rows = ReceiptLine.objects.filter(receipt__in=receipts.order_by().values("pk"), vat=vat)
    part = None
    if rows is not None:
        amounts = dict(rows.order_by().values_list("receipt__kind").annotate(sum=Sum("amount")))
        part = amounts.get(TransactionKind.SALE, ZERO), amounts.get(TransactionKind.RETURN, ZERO)
    return Sums(sale_count, sales, return_count, returns, part)
