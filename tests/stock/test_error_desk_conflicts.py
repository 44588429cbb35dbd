"""Two bodies under one key: settled once, and nothing is replaced in silence."""

import json

import pytest
from django.db import IntegrityError, transaction

from registers.choices import Settlement, TransactionState
from registers.models import KkmTransaction, Receipt, TransactionConflict
from stock.services import error_desk
from stock.services.error_desk.refusals import (
    AlreadyApplied,
    AlreadySettled,
    ReasonNeeded,
    SameReceipt,
    StillBroken,
)
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import line, sale
from tests.stock.desk import LATER, bytes_of, sold, take_in

pytestmark = pytest.mark.django_db

REASON = "касса после ремонта начала счёт заново"


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


@pytest.fixture
def by():
    return UserFactory()


def conflict_of(register, first, second):
    take_in(register, first, second)
    return TransactionConflict.objects.get()


def settle(verb, conflict, *, by, reason=REASON):
    return verb(conflict_id=conflict.pk, by=by, reason=reason, now=LATER)


def test_the_first_is_kept_and_the_other_moves_nothing(register, milk, by):
    conflict = conflict_of(register, sale(1, line("10001")), sale(1, line("10001", "5.000")))

    settle(error_desk.keep_first, conflict, by=by)

    conflict.refresh_from_db()
    assert (conflict.settlement, conflict.settled_by, conflict.settled_at, conflict.reason) == (
        Settlement.FIRST,
        by,
        LATER,
        REASON,
    )
    assert sold(register, milk) == 1
    assert error_desk.open_conflicts() == 0


def test_when_both_happened_the_other_is_a_transaction_of_its_own(register, milk, by):
    second = sale(1, line("10001", "5.000"))
    conflict = conflict_of(register, sale(1, line("10001")), second)

    settle(error_desk.record_both, conflict, by=by)

    conflict.refresh_from_db()
    recorded = conflict.recorded
    assert conflict.settlement == Settlement.BOTH
    assert (recorded.number, recorded.uid, recorded.state) == (None, second["uid"], TransactionState.MENDED)
    assert bytes(recorded.raw) == bytes(conflict.raw)
    assert Receipt.objects.get(pk=recorded.pk).number == 1
    assert sold(register, milk) == 6


def test_a_unique_id_used_twice_stays_with_the_first(register, milk, by):
    first = sale(1, line("10001"))
    conflict = conflict_of(register, first, sale(2, line("10001", "5.000"), uid=first["uid"]))

    settle(error_desk.record_both, conflict, by=by)

    recorded = TransactionConflict.objects.get().recorded
    assert (recorded.number, recorded.uid) == (2, None)
    assert sold(register, milk) == 6


def test_both_told_once_more_are_repeats(register, milk, by):
    first, second = sale(1, line("10001")), sale(1, line("10001", "5.000"))
    conflict = conflict_of(register, first, second)
    settle(error_desk.record_both, conflict, by=by)

    outcomes = take_in(register, first, second)

    assert [outcome.status for outcome in outcomes] == ["duplicate", "duplicate"]
    assert sold(register, milk) == 6


def test_unknown_goods_of_the_other_wait_on_the_desk(register, milk, by):
    conflict = conflict_of(register, sale(1, line("10001")), sale(1, line("404")))

    settle(error_desk.record_both, conflict, by=by)

    recorded = TransactionConflict.objects.get().recorded
    assert (recorded.state, recorded.problems[0]["code"]) == (TransactionState.ERROR_DESK, "unknown_sku")


def test_one_receipt_in_two_bodies_cannot_have_happened_twice(register, milk, by):
    first = sale(1, line("10001"))
    conflict = conflict_of(register, first, sale(1, line("10001", "5.000"), receipt={"uid": first["receipt"]["uid"]}))

    with pytest.raises(SameReceipt):
        settle(error_desk.record_both, conflict, by=by)

    assert KkmTransaction.objects.count() == 1
    assert error_desk.open_conflicts() == 1


def test_a_body_that_makes_no_sense_is_not_recorded_beside(register, milk, by):
    conflict = conflict_of(register, sale(1, line("10001")), sale(1, line("10001", "-1.000")))

    with pytest.raises(StillBroken):
        settle(error_desk.record_both, conflict, by=by)

    assert KkmTransaction.objects.count() == 1


def test_the_second_takes_the_place_of_a_first_that_moved_nothing(register, milk, by):
    wrong = sale(1, line("10001", "0.000"))
    right = sale(1, line("10001", "2.000"), uid=wrong["uid"])
    conflict = conflict_of(register, wrong, right)
    first = conflict.transaction
    before = bytes_of(first)

    settle(error_desk.take_second, conflict, by=by)

    first.refresh_from_db()
    conflict.refresh_from_db()
    assert (first.state, conflict.settlement) == (TransactionState.MENDED, Settlement.SECOND)
    assert bytes_of(first) == before
    assert json.loads(first.deeds.get().body) == right
    assert sold(register, milk) == 2


def test_the_second_does_not_replace_a_first_that_moved_goods(register, milk, by):
    first = sale(1, line("10001"), receipt={"total": "50.00"})
    conflict = conflict_of(register, first, sale(1, line("10001"), uid=first["uid"]))

    with pytest.raises(AlreadyApplied):
        settle(error_desk.take_second, conflict, by=by)

    assert error_desk.open_conflicts() == 1


@pytest.mark.parametrize("verb", [error_desk.keep_first, error_desk.record_both, error_desk.take_second])
def test_a_conflict_is_settled_once_and_with_a_reason(register, milk, by, verb):
    conflict = conflict_of(register, sale(1, line("10001")), sale(1, line("10001", "5.000")))

    with pytest.raises(ReasonNeeded):
        settle(verb, conflict, by=by, reason=" ")
    settle(error_desk.keep_first, conflict, by=by)

    with pytest.raises(AlreadySettled):
        settle(verb, conflict, by=by)


def test_a_settled_conflict_is_never_changed(register, milk, by):
    conflict = conflict_of(register, sale(1, line("10001")), sale(1, line("10001", "5.000")))
    settle(error_desk.keep_first, conflict, by=by)

    for change in (lambda: TransactionConflict.objects.update(reason="x"), TransactionConflict.objects.all().delete):
        with pytest.raises(IntegrityError, match="settled once"), transaction.atomic():
            change()
