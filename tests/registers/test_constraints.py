"""The database is the last judge: each of its rules about what happened, by name."""

from contextlib import contextmanager

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from registers.models import TransactionConflict
from tests.factories.registers import (
    KkmTransactionFactory,
    PairingCodeFactory,
    PaymentFactory,
    ReceiptFactory,
    ReceiptLineFactory,
    RegisterFactory,
    RegisterStatusFactory,
    RegisterTokenFactory,
)
from tests.registers.conftest import NOW

pytestmark = pytest.mark.django_db


@contextmanager
def refused_by(rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        yield


def test_a_number_at_a_time_is_one_transaction_of_a_register():
    known = KkmTransactionFactory(number=1, uid="a")

    with refused_by("number_and_time_once_per_register"):
        KkmTransactionFactory(register=known.register, number=1, occurred_at=known.occurred_at, uid="b")

    KkmTransactionFactory(number=1, occurred_at=known.occurred_at, uid="a")


def test_a_unique_id_is_one_transaction_of_a_register():
    known = KkmTransactionFactory(number=1, uid="a")

    with refused_by("uid_once_per_register"):
        KkmTransactionFactory(register=known.register, number=2, uid="a")


def test_an_unreadable_body_is_kept_once():
    known = KkmTransactionFactory(uid=None, raw=b"x", body_hash=b"h" * 32)

    with refused_by("unreadable_body_once_per_register"):
        KkmTransactionFactory(register=known.register, uid=None, raw=b"x", body_hash=b"h" * 32)


def test_a_conflicting_body_is_kept_once():
    conflict = {"transaction": KkmTransactionFactory(), "raw": b"x", "body_hash": b"h" * 32, "received_at": NOW}
    TransactionConflict.objects.create(**conflict)

    with refused_by("body_once_per_transaction"):
        TransactionConflict.objects.create(**conflict)


def test_a_receipt_id_is_one_receipt_of_a_register():
    known = ReceiptFactory(uid="a")

    with refused_by("uid_once_per_register"):
        ReceiptFactory(register=known.register, shift=known.shift, uid="a")


def test_a_line_number_stands_in_a_receipt_once():
    line = ReceiptLineFactory(line=1)

    with refused_by("line_once_per_receipt"):
        ReceiptLineFactory(receipt=line.receipt, line=1)


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_line_sells_something(quantity):
    with refused_by("sells_something"):
        ReceiptLineFactory(quantity=quantity)


def test_a_payment_is_not_negative():
    with refused_by("not_negative"):
        PaymentFactory(amount=-1)


def test_a_number_is_one_register():
    RegisterFactory(number=1)

    with refused_by("number"):
        RegisterFactory(number=1)


@pytest.mark.parametrize("factory", [PairingCodeFactory, RegisterTokenFactory])
def test_a_digest_opens_one_door(factory):
    known = factory()

    with refused_by("digest"):
        factory(digest=known.digest)


def test_a_register_with_a_past_cannot_be_deleted():
    register = KkmTransactionFactory().register

    with pytest.raises(ProtectedError):
        register.delete()


def test_every_row_has_a_name_for_people():
    line = ReceiptLineFactory(line=1, receipt__number=15, receipt__shift__number=12)
    payment = PaymentFactory(receipt=line.receipt, kind="cash", amount=99)
    unreadable = KkmTransactionFactory(number=None, occurred_at=NOW, uid=None)
    token, code, status = RegisterTokenFactory(), PairingCodeFactory(), RegisterStatusFactory()
    conflict = TransactionConflict(transaction=unreadable)

    assert [str(row) for row in (line.receipt, line.receipt.shift, line, payment)] == ["№ 15", "№ 12", "1", "cash 99"]
    assert str(line.receipt.register) == f"{line.receipt.register.number} {line.receipt.register.name}"
    assert all(str(row) for row in (unreadable, token, code, status, conflict))
