"""The integrator's guide is true: its examples are taken, its sums come out, its tables name every code."""

import hashlib
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from exchange.api import descriptions, throttles, transactions
from registers.choices import PaymentKind, StockControl, TransactionKind
from registers.services.transactions import MAX_LINES
from retail.choices import MarkingKind
from stock.models import WarehouseFeed
from stock.services import flattening, intake
from tests.factories.retail import SkuFactory
from tests.factories.stock import BalanceFactory
from tests.messages import line, sale

ROOT = Path(settings.BASE_DIR)
GUIDE = (ROOT / "docs" / "integrators.md").read_text()
NAMED = set(re.findall(r"`(\w+)`", GUIDE))


def fenced(language):
    """The blocks of the guide that begin with this word after the fence."""
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.mark.django_db
def test_every_transaction_of_the_guide_is_accepted(till):
    SkuFactory(code="10001")
    shown = [json.loads(block)["transactions"] for block in fenced("json transaction")]

    answers = [till.tell(*said) for said in shown]

    assert {result["status"] for _http, answer in answers for result in answer["results"]} == {"accepted"}
    assert {one["kind"] for said in shown for one in said} == set(TransactionKind.values)


@pytest.mark.django_db
def test_the_checksum_comes_out_as_worked_in_the_guide(till):
    view = {"10001": "120.000", "10002": "14.350", "10003": "40.000"}
    for place, (code, left) in enumerate(view.items(), start=1):
        BalanceFactory(
            warehouse=till.register.warehouse,
            sku=SkuFactory(code=code),
            on_hand=Decimal(left),
            revision=place,
            sale_revision=place,
        )
    WarehouseFeed.objects.update(revision=len(view))
    names = {"md5": hashlib.md5}
    exec(fenced("python")[0], names)

    before = till.get("stock/checksum")[1]
    till.tell(sale(1, line("10001", "2.000")))
    after = till.get("stock/checksum")[1]

    assert names["checksum"](view) == (before["count"], before["checksum"]) == (3, "ba97c15e")
    assert names["checksum"](view | {"10001": "118.000"}) == (after["count"], after["checksum"]) == (3, "15d1c0d4")
    for code, left in [*view.items(), ("10001", "118.000")]:
        digest = hashlib.md5(f"{code}:{left}".encode()).hexdigest()
        assert str(int(digest[:8], 16)) in GUIDE


def test_every_problem_of_a_transaction_is_named():
    sources = [
        ROOT / "registers" / "services" / "transactions.py",
        ROOT / "exchange" / "protocols" / "kkmtransfer" / "messages.py",
        Path(intake.__file__),
        Path(flattening.__file__),
    ]
    codes = {code for path in sources for code in re.findall(r'Problem\(\s*"(\w+)"', path.read_text())}
    codes |= set(re.findall(r"'code', '(\w+)'", intake.INTAKE.sql))

    assert {"unknown_sku", "unreadable", "receipt_repeated"} <= codes
    assert codes <= NAMED


def test_every_refusal_is_named():
    assert set(descriptions.REFUSALS) <= NAMED


def test_every_word_of_a_closed_list_is_named():
    for words in (TransactionKind, PaymentKind, StockControl, MarkingKind):
        assert set(words.values) - {""} <= NAMED


def test_the_limits_are_those_of_the_guide():
    guide = GUIDE.replace("\n", " ")

    assert f"{transactions.MAX_TRANSACTIONS}, else 413" in guide
    assert f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes" in guide
    assert f"| lines in a receipt | {MAX_LINES} |" in guide
    reads, uploads = throttles.ReadThrottle.buckets, throttles.UploadThrottle.buckets
    assert f"| {reads.rate} | {reads.burst} |" in guide
    assert f"| {uploads.rate} | {uploads.burst} |" in guide
    reserves = throttles.ReserveThrottle.buckets
    assert f"| anything under `reservations` | {reserves.rate} | {reserves.burst} |" in guide
    cards, missed = throttles.CardThrottle.buckets, throttles.missed_cards
    assert f"| anything under `cards` and `operations` | {cards.rate} | {cards.burst} |" in guide
    assert f"| numbers of cards that nobody has | 1 in {1 / missed.rate:.0f} s | {missed.burst} |" in guide
