"""A return and the sale that it takes back, whichever of them came first.

What a return names is the id of the sale, or, where a dialect has no ids, the number that its till has printed on it
(`registers.messages.by_number`). A number is looked for among the sales of the same register when somebody looks: the
latest before the return is meant, since numbers begin anew.
"""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from registers.choices import TransactionKind
from registers.messages import by_number, number_in
from registers.models import Receipt, Shift

TAKEN_BACK = timedelta(days=120)  # Nobody returns goods by a number later, and there would be much to look through.
LONGEST_SHIFT = timedelta(days=31)


def sales_of(receipt: Receipt) -> QuerySet[Receipt]:
    """Return what a return takes back, as far as it is known."""
    number = number_in(receipt.of_uid)
    if number is None:
        return Receipt.objects.filter(uid=receipt.of_uid) if receipt.of_uid else Receipt.objects.none()
    sold = _sales(receipt.register_id, number, receipt.occurred_at - TAKEN_BACK, receipt.occurred_at)
    latest = sold.order_by("-occurred_at", "-pk").values_list("pk", flat=True).first()
    return Receipt.objects.filter(pk=latest)


def returns_of(sale: Receipt) -> QuerySet[Receipt]:
    """Return what took a sale back, wholly or in part. By its number only what came before it was given out again."""
    until = sale.occurred_at + TAKEN_BACK
    later = _sales(sale.register_id, sale.number, sale.occurred_at, until).exclude(pk=sale.pk)
    following = later.order_by("occurred_at").values_list("occurred_at", flat=True).first()
    numbered = Q(of_uid=by_number(sale.number), register=sale.register_id, occurred_at__gte=sale.occurred_at)
    numbered &= Q(occurred_at__lte=until) if following is None else Q(occurred_at__lt=following)
    return Receipt.objects.filter(Q(of_uid=sale.uid) | numbered)


def _sales(register: int, number: int, since: datetime, until: datetime) -> QuerySet[Receipt]:
    """Return sales of a number, by way of shifts: receipts have no index by number."""
    shifts = Shift.objects.filter(register=register, first_at__range=(since - LONGEST_SHIFT, until))
    return Receipt.objects.filter(
        shift__in=shifts, number=number, kind=TransactionKind.SALE, occurred_at__range=(since, until)
    )
