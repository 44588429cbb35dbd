"""Two people press at once: real threads on PostgreSQL, and a test that the tests would notice a missing claim."""

import json
from datetime import UTC, datetime

import pytest

from registers.models import KkmTransaction, Receipt, TransactionConflict, TransactionDeed
from stock.models import Balance, MendedLine, UnpostedReceipt, WarehouseFeed
from stock.services import error_desk
from stock.services.error_desk import deeds
from stock.services.error_desk.refusals import AlreadySettled, NothingKnown, NotOnDesk
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import line, lines, sale
from tests.stock.desk import LATER, take_in, told
from tests.stock.test_intake_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TWICE = 6


def outcome(call):
    """Return what a call returns, or the refusal it raises."""
    try:
        return call()
    except (NotOnDesk, NothingKnown, AlreadySettled) as refusal:
        return refusal


def pressed(call):
    """Press many times at once; return what came of each."""
    return at_once(*(lambda: outcome(call) for _time in range(TWICE)))


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def by():
    return UserFactory()


def wrong_and_right(register):
    """Tell a sale that makes no sense; return it as recorded, and what it should have been."""
    SkuFactory(code="10001")
    wrong = sale(1, line("10001", "0.000"))
    return told(register, wrong), json.dumps(sale(1, line("10001", "2.000"), uid=wrong["uid"]))


def correct_at_once(recorded, right, *, by):
    return pressed(lambda: error_desk.correct(transaction_id=recorded.pk, body=right, by=by, reason="лента", now=LATER))


def test_a_correction_is_applied_once(register, by):
    recorded, right = wrong_and_right(register)

    answers = correct_at_once(recorded, right, by=by)

    assert sum(isinstance(answer, NotOnDesk) for answer in answers) == TWICE - 1
    assert Balance.objects.get().sold == 2
    assert (Receipt.objects.count(), UnpostedReceipt.objects.count(), TransactionDeed.objects.count()) == (1, 1, 1)


def test_without_the_claim_a_correction_would_be_tried_twice(register, by, monkeypatch):
    """The test of the test: looking without a lock, more than one believes that the transaction waits."""
    recorded, right = wrong_and_right(register)
    monkeypatch.setattr(deeds, "claim_one", lambda pk: KkmTransaction.objects.get(pk=pk))
    tried = []
    monkeypatch.setattr(
        "stock.services.error_desk.correcting._check_key", lambda recorded, entry: tried.append(recorded.pk)
    )

    with pytest.raises(Exception, match=r"has come already|taken apart"):
        correct_at_once(recorded, right, by=by)

    assert len(tried) > 1


def test_lines_are_mended_once_however_often_it_is_pressed(register, by):
    recorded = told(register, sale(1, *lines(("404", "1.000"), ("404", "2.000"))))
    sku = SkuFactory()

    def press():
        return error_desk.map_code(sku=sku, sku_code="404", barcode="", by=by, now=LATER)

    answers = pressed(press)

    assert sum(getattr(answer, "lines", 0) for answer in answers) == 2
    assert Balance.objects.get().sold == 3
    assert MendedLine.objects.count() == 2
    assert TransactionDeed.objects.filter(transaction=recorded).count() == 1


def test_resubmitting_at_once_takes_a_transaction_apart_once(register, by, settings):
    SkuFactory(code="10001")
    recorded = told(register, sale(1, line("10001")) | {"kind": "Verkauf"})
    settings.TRANSACTION_READERS = {"kkmtransfer": "tests.stock.test_error_desk.newer_reader"}

    answers = pressed(lambda: error_desk.resubmit(transactions=[recorded.pk], by=by, now=LATER))

    assert sum(answer.mended for answer in answers) == 1
    assert Balance.objects.get().sold == 1


def test_a_conflict_is_settled_once(register, by):
    SkuFactory(code="10001")
    take_in(register, sale(1, line("10001")), sale(1, line("10001", "5.000")))
    conflict = TransactionConflict.objects.get()

    def press():
        return error_desk.record_both(conflict_id=conflict.pk, by=by, reason="обе", now=LATER)

    answers = pressed(press)

    assert sum(isinstance(answer, AlreadySettled) for answer in answers) == TWICE - 1
    assert Balance.objects.get().sold == 6


def test_mending_and_selling_at_once_neither_deadlock_nor_lose_a_revision(register, by):
    take_in(register, *(sale(number, *lines(("404", "1.000"), ("405", "1.000"))) for number in range(1, 21)))
    known, other = SkuFactory(code="404"), SkuFactory(code="10001")
    waiting = list(KkmTransaction.objects.values_list("pk", flat=True))

    def sell(numbers):
        for number in numbers:
            take_in(register, sale(number, *lines(("10001", "1.000"), ("404", "1.000"))))

    at_once(
        lambda: sell(range(100, 115)),
        lambda: sell(range(200, 215)),
        lambda: error_desk.resubmit(transactions=waiting[::2], by=by, now=LATER),
        lambda: error_desk.resubmit(transactions=reversed(waiting), by=by, now=LATER),
    )

    assert Balance.objects.get(sku=known).sold == 50
    assert Balance.objects.get(sku=other).sold == 30
    revisions = Balance.objects.values_list("revision", flat=True)
    assert max(revisions) == WarehouseFeed.objects.get(warehouse=register.warehouse).revision
