"""What tests of the error desk share: registers that tell nonsense, and people who put it right."""

import json
from datetime import UTC, datetime

from registers.models import KkmTransaction
from stock.models import Balance, WarehouseFeed
from stock.services import intake
from tests.messages import entries

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 15, tzinfo=UTC)


def take_in(register, *transactions):
    return intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def told(register, *transactions):
    """Take transactions in and return the first of them as recorded."""
    last = KkmTransaction.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    take_in(register, *transactions)
    return KkmTransaction.objects.filter(pk__gt=last).order_by("pk").first()


def bytes_of(transaction):
    """What a transaction is known by: its bytes, their hash, and its key as it was read."""
    return KkmTransaction.objects.values("raw", "body_hash", "uid", "received_at", "protocol").get(pk=transaction.pk)


def sold(register, sku):
    balance = Balance.objects.filter(warehouse=register.warehouse, sku=sku).first()
    return balance.sold if balance else 0


def revision(register):
    return WarehouseFeed.objects.get(warehouse=register.warehouse).revision


def as_text(transaction):
    return json.dumps(transaction)
