"""What waits whole on the error desk: resubmitted, corrected, accepted, set aside. What came is never changed."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from exchange.protocols.kkmtransfer import messages
from registers.choices import DeedKind, TransactionState
from registers.models import KkmTransaction, Payment, Receipt, Shift, TransactionDeed
from registers.services.reading import UnknownProtocol
from stock.models import Balance, UnpostedReceipt
from stock.services import error_desk
from stock.services.error_desk.refusals import (
    AlreadyApplied,
    KeyStays,
    KeyTaken,
    NotOnDesk,
    ReasonNeeded,
    StillBroken,
)
from tests.factories.people import UserFactory
from tests.factories.registers import KkmTransactionFactory, RegisterFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.messages import event, line, sale
from tests.stock.desk import LATER, bytes_of, revision, sold, take_in, told

pytestmark = pytest.mark.django_db

REASON = "по ленте кассы"


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


@pytest.fixture
def by():
    return UserFactory()


def correct(recorded, body, *, by, reason=REASON, **rest):
    text = body if isinstance(body, str) else json.dumps(body)
    return error_desk.correct(transaction_id=recorded.pk, body=text, by=by, reason=reason, now=LATER, **rest)


def resubmit(*recorded, by):
    return error_desk.resubmit(transactions=[one.pk for one in recorded], by=by, now=LATER)


def test_a_corrected_sale_is_taken_apart_like_any_other(register, milk, by):
    wrong = sale(1, line("10001", "0.000"))
    recorded = told(register, wrong)
    right = sale(1, line("10001", "2.000"), uid=wrong["uid"])

    corrected = correct(recorded, right, by=by)

    receipt = Receipt.objects.get()
    assert (corrected.state, corrected.problems) == (TransactionState.MENDED, [])
    assert receipt.transaction_id == recorded.pk
    assert (receipt.warehouse, receipt.shift.number, receipt.total) == (register.warehouse, 12, Decimal("198.00"))
    assert (receipt.lines.get().sku, receipt.payments.get().amount) == (milk, Decimal("198.00"))
    assert UnpostedReceipt.objects.get().receipt_id == recorded.pk
    assert sold(register, milk) == 2
    assert revision(register) == Balance.objects.get().revision == Balance.objects.get().sale_revision == 1
    assert Shift.objects.get().totals["sale.total"] == "198.00"


def test_the_original_stays_and_the_correction_stands_beside_it(register, milk, by):
    wrong = sale(1, line("10001", "0.000"))
    recorded = told(register, wrong)
    before = bytes_of(recorded)
    right = json.dumps(sale(1, line("10001"), uid=wrong["uid"]))

    correct(recorded, right, by=by)

    deed = TransactionDeed.objects.get()
    assert bytes_of(recorded) == before
    assert (deed.kind, deed.by, deed.at, deed.reason, deed.body) == (DeedKind.CORRECT, by, LATER, REASON, right)
    assert [problem["code"] for problem in deed.problems] == ["quantity_not_positive"]


@pytest.mark.parametrize(
    "broken",
    [
        "not even json",
        "[]",
        json.dumps(sale(1)),
        json.dumps(sale(1, line("10001", "-1.000"))),
        json.dumps(sale(1, line("10001") | {"barcode": "\x00"})),
        "\ud800",
    ],
)
def test_a_correction_with_anything_wrong_in_it_is_refused(register, milk, by, broken):
    recorded = told(register, sale(1, line("10001", "0.000"), uid=""))

    with pytest.raises(StillBroken) as refusal:
        correct(recorded, broken, by=by, despite_flags=True)

    recorded.refresh_from_db()
    assert refusal.value.found
    assert not refusal.value.flags_only
    assert recorded.state == TransactionState.ERROR_DESK
    assert not TransactionDeed.objects.exists()
    assert not Balance.objects.exists()


@pytest.mark.parametrize(
    ("right", "code"),
    [
        (sale(1, line("10001"), receipt={"total": "50.00"}), "totals_differ"),
        (sale(1, line("404")), "unknown_sku"),
    ],
)
def test_figures_that_differ_are_refused_until_somebody_means_it(register, milk, by, right, code):
    recorded = told(register, sale(1, line("10001", "0.000"), uid=""))

    with pytest.raises(StillBroken) as refusal:
        correct(recorded, right, by=by)
    assert not Receipt.objects.exists()
    meant = correct(recorded, right, by=by, despite_flags=True)

    assert refusal.value.flags_only
    assert (meant.state, meant.problems[0]["code"]) == (TransactionState.ERROR_DESK, code)
    assert Receipt.objects.count() == 1


def test_a_receipt_whose_goods_have_moved_is_not_corrected(register, milk, by):
    recorded = told(register, sale(1, line("10001"), receipt={"total": "50.00"}))

    with pytest.raises(AlreadyApplied):
        correct(recorded, sale(1, line("10001")), by=by)


@pytest.mark.parametrize(("field", "value"), [("number", 2), ("uid", "another")])
def test_a_key_that_could_be_read_stays(register, milk, by, field, value):
    wrong = sale(1, line("10001", "0.000"))
    recorded = told(register, wrong)

    with pytest.raises(KeyStays) as refusal:
        correct(recorded, sale(1, line("10001"), uid=wrong["uid"]) | {field: value}, by=by)

    assert refusal.value.attr == field


def test_the_very_bytes_told_once_more_are_a_repeat_after_the_correction(register, milk, by):
    unreadable = sale(1, line("10001")) | {"uid": None, "number": "1", "occurred_at": "yesterday"}
    recorded = told(register, unreadable)

    corrected = correct(recorded, sale(1, line("10001")), by=by)

    assert (corrected.number, corrected.uid) == (1, None)
    assert corrected.occurred_at == datetime(2026, 11, 20, 7, 15, 32, tzinfo=UTC)
    assert take_in(register, unreadable)[0].status == "duplicate"
    assert sold(register, milk) == 1


def test_the_corrected_body_told_by_the_till_itself_moves_nothing_more(register, milk, by):
    recorded = told(register, sale(1, line("10001")) | {"uid": None, "number": "1", "occurred_at": "yesterday"})
    right = sale(1, line("10001"))
    correct(recorded, right, by=by)

    assert take_in(register, right)[0].status == "conflict"
    assert sold(register, milk) == 1


def test_a_number_and_time_that_have_come_already_are_refused(register, milk, by):
    known = sale(1, line("10001"))
    recorded = told(register, sale(1, line("10001")) | {"number": "1", "uid": None})
    take_in(register, known)

    with pytest.raises(KeyTaken):
        correct(recorded, sale(1, line("10001")), by=by)

    assert sold(register, milk) == 1


def test_a_receipt_that_has_come_already_is_refused(register, milk, by):
    first = sale(1, line("10001"))
    take_in(register, first)
    again = sale(2, line("10001"), receipt={"uid": first["receipt"]["uid"]})
    recorded = told(register, again)

    with pytest.raises(StillBroken, match="has come already"):
        correct(recorded, again, by=by)
    correct(recorded, again | {"receipt": again["receipt"] | {"uid": "its own"}}, by=by)

    assert sold(register, milk) == 2


def test_cash_that_came_without_its_amount_is_corrected(register, by):
    wrong = event(1, "cash_in")
    recorded = told(register, wrong)

    corrected = correct(recorded, wrong | {"amount": "500.00"}, by=by)

    assert (corrected.state, corrected.amount, corrected.kind) == (TransactionState.MENDED, 500, "cash_in")
    assert Shift.objects.get().totals == {"cash_in.total": "500.00"}


def test_a_sale_counts_where_the_register_sold_from_then(register, milk, by):
    wrong = sale(2, line("10001", "0.000"))
    take_in(register, sale(1, line("10001")))
    recorded = told(register, wrong)
    before = register.warehouse
    register.warehouse = WarehouseFactory()
    register.save()

    correct(recorded, sale(2, line("10001"), uid=wrong["uid"]), by=by)

    assert Balance.objects.get().warehouse == before
    assert Balance.objects.get().sold == 2


def test_what_another_release_reads_is_resubmitted(register, milk, by, settings):
    told_so = sale(1, line("10001"))
    recorded = told(register, told_so | {"kind": "Verkauf"})
    settings.TRANSACTION_READERS = {"kkmtransfer": "tests.stock.test_error_desk.newer_reader"}
    before = bytes_of(recorded)

    done = resubmit(recorded, by=by)

    recorded.refresh_from_db()
    assert (done.mended, recorded.state, recorded.kind) == (1, TransactionState.MENDED, "sale")
    assert bytes_of(recorded) == before
    assert sold(register, milk) == 1
    assert TransactionDeed.objects.get().kind == DeedKind.RESUBMIT
    assert Payment.objects.count() == 1


def newer_reader(raw, zone):
    return messages.read(raw.replace(b"Verkauf", b"sale"))


def test_what_still_makes_no_sense_waits_on_and_says_what_is_wrong_now(register, milk, by):
    recorded = told(register, sale(1, line("10001", "0.000")))
    KkmTransaction.objects.filter(pk=recorded.pk).update(problems=[{"code": "unreadable", "attr": None, "params": {}}])

    done = resubmit(recorded, by=by)

    recorded.refresh_from_db()
    assert (done.mended, done.waiting) == (0, 1)
    assert recorded.problems[0]["code"] == "quantity_not_positive"
    assert not TransactionDeed.objects.exists()


def test_one_that_stays_broken_does_not_hold_up_the_others(register, milk, by, settings):
    broken = told(register, sale(1, line("10001", "0.000")))
    read_now = told(register, sale(2, line("10001")) | {"kind": "Verkauf"})
    settings.TRANSACTION_READERS = {"kkmtransfer": "tests.stock.test_error_desk.newer_reader"}

    done = resubmit(broken, read_now, by=by)

    assert (done.mended, done.waiting) == (1, 1)


def test_a_dialect_that_nobody_speaks_is_refused(by):
    recorded = KkmTransactionFactory(on_desk=True, protocol="morse")

    with pytest.raises(UnknownProtocol):
        resubmit(recorded, by=by)


def test_figures_that_disagree_are_accepted_as_they_are(register, milk, by):
    recorded = told(register, sale(1, line("10001"), receipt={"total": "50.00"}))

    accepted = error_desk.accept_as_is(transactions=[recorded.pk], by=by, reason=REASON, now=LATER)

    recorded.refresh_from_db()
    deed = TransactionDeed.objects.get()
    assert (accepted, recorded.state, recorded.problems) == (1, TransactionState.ACCEPTED, [])
    assert (deed.kind, [problem["code"] for problem in deed.problems]) == (
        DeedKind.ACCEPT,
        ["totals_differ", "payments_differ"],
    )
    assert sold(register, milk) == 1


@pytest.mark.parametrize("what", [sale(1, line("404")), sale(1, line("10001", "0.000"))])
def test_what_is_not_wholly_applied_is_not_accepted(register, milk, by, what):
    recorded = told(register, what)

    assert error_desk.accept_as_is(transactions=[recorded.pk], by=by, reason=REASON, now=LATER) == 0

    recorded.refresh_from_db()
    assert recorded.state == TransactionState.ERROR_DESK


def test_what_is_set_aside_stays_out_until_it_is_taken_back(register, milk, by):
    recorded = told(register, sale(1, line("10001", "0.000")))

    assert error_desk.set_aside(transactions=[recorded.pk], by=by, reason=f" {REASON} ", now=LATER) == 1
    recorded.refresh_from_db()
    assert (recorded.state, len(recorded.problems)) == (TransactionState.SET_ASIDE, 1)
    assert TransactionDeed.objects.get().reason == REASON
    with pytest.raises(NotOnDesk):
        correct(recorded, sale(1, line("10001"), uid=recorded.uid), by=by)

    assert error_desk.take_back(transactions=[recorded.pk], by=by, now=LATER) == 1
    recorded.refresh_from_db()
    assert recorded.state == TransactionState.ERROR_DESK
    correct(recorded, sale(1, line("10001"), uid=recorded.uid), by=by)
    assert sold(register, milk) == 1


@pytest.mark.parametrize("reason", ["", "  ", "\x00"])
def test_a_decision_without_a_reason_is_refused(register, milk, by, reason):
    recorded = told(register, sale(1, line("10001"), receipt={"total": "50.00"}))

    for verb in (error_desk.accept_as_is, error_desk.set_aside):
        with pytest.raises(ReasonNeeded):
            verb(transactions=[recorded.pk], by=by, reason=reason, now=LATER)
    with pytest.raises(ReasonNeeded):
        correct(recorded, "{}", by=by, reason=reason)


def test_causes_are_counted_with_their_oldest(register, milk):
    take_in(register, sale(1, line("404")), sale(2, line("405")), sale(3, line("10001", "0.000")))

    first, second = error_desk.causes()

    assert (first.code, first.transactions, first.registers) == ("unknown_sku", 2, 1)
    assert second.code == "quantity_not_positive"
    assert first.oldest == KkmTransaction.objects.get(number=1).received_at
    assert error_desk.waiting() == 3


@pytest.mark.parametrize("problems", [None, "text", {}, [None], ["text"], [{}]])
def test_problems_stored_in_another_shape_are_no_cause(problems):
    KkmTransactionFactory(on_desk=True, problems=problems if problems is not None else [])

    assert error_desk.causes() == []


@pytest.mark.parametrize(
    "change",
    [
        {"raw": b"{}"},
        {"body_hash": b"0" * 32},
        {"number": 77},
        {"uid": "another"},
        {"uid": None},
        {"occurred_at": LATER},
        {"protocol": "morse"},
        {"received_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_what_came_is_never_changed_whoever_tries(register, change):
    recorded = KkmTransactionFactory()

    with pytest.raises(IntegrityError, match="stays as it came"), transaction.atomic():
        KkmTransaction.objects.filter(pk=recorded.pk).update(**change)


def test_a_deed_is_never_edited_or_deleted(register, milk, by):
    recorded = told(register, sale(1, line("10001", "0.000")))
    error_desk.set_aside(transactions=[recorded.pk], by=by, reason=REASON, now=LATER)

    with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
        TransactionDeed.objects.update(reason="")
    with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
        TransactionDeed.objects.all().delete()
