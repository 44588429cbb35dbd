"""What of a closed shift does not agree: found, named, healed by what comes later, or accepted by a person."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from registers.models import Shift
from stock.models import Discrepancy, MendedLine, SalesLine, ZReport
from stock.services import intake, processing, reconciliation
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import entries, event, line, sale
from tests.stock.conftest import NOW

pytestmark = pytest.mark.django_db
MORNING = NOW - timedelta(hours=3)


@pytest.fixture
def register(db):
    SkuFactory(code="10001")
    return RegisterFactory()


def told(number, kind, *sold, **fields):
    """A transaction whose time follows its number."""
    fields.setdefault("occurred_at", (MORNING + timedelta(seconds=number)).isoformat())
    return sale(number, *sold, kind=kind, **fields) if sold else event(number, kind, **fields)


def tell(register, *transactions):
    intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def closing(number, **counters):
    return told(number, "shift_close", counters=counters or None)


def settled(register, now=NOW):
    """Process what waits, and return what is open in the shift's own report."""
    processing.run(now=now, register=register)
    return {
        (found.what, found.key): (found.expected, found.found, found.difference)
        for found in Discrepancy.objects.open().filter(report__register=register)
    }


def agreement():
    return ZReport.objects.with_agreement().get(corrects=None).agreement


def test_a_shift_that_agrees_has_nothing_to_show(register):
    tell(register, told(1, "sale", line("10001")), closing(2, sales="99.00", receipts=1, cash="99.00"))

    assert settled(register) == {}
    assert agreement() == "agrees"


def test_a_counter_that_differs_is_found(register):
    tell(register, told(1, "sale", line("10001")), closing(2, sales="100.00", receipts=1, cash_in_drawer="90.00"))

    assert settled(register) == {
        ("counter", "sales"): (100, 99, -1),
        ("counter", "cash_in_drawer"): (90, 99, 9),
    }
    assert agreement() == "differs"


@pytest.mark.parametrize("absurd", ["1e999999999", "1" * 40, "-1e30"])
def test_a_counter_that_no_till_could_reach_says_nothing(register, absurd):
    tell(register, told(1, "sale", line("10001")), closing(2, sales=absurd, cash_in_drawer=absurd))

    assert settled(register) == {}


def test_what_comes_late_heals_what_it_was_missed_in(register):
    tell(register, told(1, "sale", line("10001")), closing(3, sales="198.00"))
    assert settled(register) == {
        ("counter", "sales"): (198, 99, -99),
        ("transaction_gap", ""): (1, 0, -1),
    }

    tell(register, told(2, "sale", line("10001")))

    assert settled(register, now=NOW + timedelta(hours=1)) == {}
    assert set(Discrepancy.objects.values_list("resolved_at", flat=True)) == {NOW + timedelta(hours=1)}
    assert agreement() == "agrees"
    assert ZReport.objects.filter(corrects__isnull=False).count() == 1


def test_what_still_differs_stays_the_row_it_was(register):
    tell(register, told(1, "sale", line("10001")), closing(4, returns="5.00"))
    settled(register)
    kept = Discrepancy.objects.get(what="counter")

    tell(register, told(2, "cash_in", amount="1.00"))
    settled(register, now=NOW + timedelta(hours=1))

    assert Discrepancy.objects.open().get(what="counter") == kept


def test_figures_that_change_make_another_row_and_leave_the_old_as_it_was_accepted(register):
    tell(register, told(1, "sale", line("10001")), closing(2, sales="400.00"))
    settled(register)
    person = UserFactory()
    reconciliation.accept(discrepancy=Discrepancy.objects.get(), by=person, reason="Кассир ошибся", now=NOW)
    assert agreement() == "accepted"

    tell(register, told(3, "sale", line("10001"), receipt={"number": 2}))
    assert settled(register) == {("counter", "sales"): (400, 198, -202)}

    accepted, new = Discrepancy.objects.order_by("pk")
    assert (accepted.difference, accepted.accepted_by, accepted.resolved_at) == (-301, person, NOW)
    assert (new.accepted_at, agreement()) == (None, "differs")


def test_lines_of_goods_nobody_knows_are_named(register):
    tell(register, told(1, "sale", line("404", barcode="77"), line("10001", number=2)), closing(2, sales="198.00"))

    assert settled(register) == {("unknown_lines", ""): (0, 1, 1)}
    details = Discrepancy.objects.get().details
    assert details["amount"] == "99.00"
    [unknown] = details["lines"]
    assert (unknown["line"], unknown["sku"], unknown["barcode"], unknown["number"]) == (1, "404", "77", 1)


def test_a_line_that_is_mended_is_no_longer_unknown(register):
    tell(register, told(1, "sale", line("404"), line("10001", number=2)), closing(2))
    settled(register)
    unknown = Shift.objects.get().receipts.get().lines.get(sku=None)
    unknown.sku = SkuFactory()
    unknown.save()
    MendedLine.objects.create(line=unknown, mended_at=NOW)

    assert settled(register) == {}


def test_a_receipt_whose_lines_do_not_make_its_total_is_named(register):
    tell(register, told(1, "sale", line("10001"), receipt={"total": "100.00"}), closing(2))

    assert settled(register) == {("posted_amount", "sale"): (100, 99, -1)}
    [receipt] = Discrepancy.objects.get().details["receipts"]
    assert (receipt["number"], receipt["difference"]) == (1, "1.00")


def test_goods_that_documents_did_not_move_are_named(register):
    tell(register, told(1, "sale", line("10001", "3.000")), closing(2))
    settled(register)
    with connection.cursor() as cursor:  # Past every service, and past the trigger that forbids it.
        cursor.execute("ALTER TABLE stock_movement DISABLE TRIGGER USER")
        cursor.execute("UPDATE stock_movement SET quantity = -2")
        cursor.execute("ALTER TABLE stock_movement ENABLE TRIGGER USER")
        cursor.execute("INSERT INTO stock_unsettledshift SELECT id FROM registers_shift")

    assert settled(register) == {("moved_quantity", ""): (3, 2, -1)}
    assert Discrepancy.objects.get().details == {
        "count": 1,
        "skus": [{"sku": "10001", "expected": "3.000", "found": "2.000"}],
    }


def test_amounts_that_documents_do_not_hold_are_found(register):
    tell(register, told(1, "sale", line("10001")), told(2, "return", line("10001")), closing(3))
    settled(register)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stock_salesline DISABLE TRIGGER USER")
        SalesLine.objects.filter(kind="return").delete()
        cursor.execute("ALTER TABLE stock_salesline ENABLE TRIGGER USER")
        cursor.execute("INSERT INTO stock_unsettledshift SELECT id FROM registers_shift")

    assert settled(register) == {("posted_amount", "return"): (99, 0, -99)}


def gaps(register):
    settled(register)
    return {found.what: found.details["gaps"] for found in Discrepancy.objects.open().filter(what__endswith="_gap")}


def test_missing_numbers_are_named(register):
    tell(
        register,
        told(1, "shift_open"),
        told(2, "sale", line("10001"), receipt={"number": 11}),
        told(5, "cash_in", amount="1.00"),
        told(6, "sale", line("10001"), receipt={"number": 12}),
        told(7, "cancelled", line("10001"), receipt={"number": 15}),
        told(9, "sale", line("10001"), receipt={"number": 16}),
        closing(11),
    )

    assert gaps(register) == {"transaction_gap": [[3, 4], [8, 8], [10, 10]], "receipt_gap": [[13, 14]]}
    assert settled(register)["transaction_gap", ""] == (4, 0, -4)


def test_what_is_missing_between_two_shifts_is_named_in_the_second(register):
    tell(register, told(1, "sale", line("10001"), shift=1), told(2, "shift_close", shift=1))
    tell(register, told(5, "sale", line("10001"), shift=2), told(6, "shift_close", shift=2))

    assert gaps(register) == {"transaction_gap": [[3, 4]]}
    assert Discrepancy.objects.get().report.shift.number == 2


def test_a_transaction_that_waits_on_the_error_desk_is_not_missing(register):
    tell(register, told(1, "sale", line("10001")), told(2, "sale", line("10001", "-1")), closing(3))

    assert gaps(register) == {}


def test_numbers_that_begin_anew_are_not_missing(register):
    tell(register, told(1001, "sale", line("10001"), receipt={"number": 801}))
    later = [(MORNING + timedelta(hours=1, seconds=number)).isoformat() for number in range(4)]
    tell(
        register,
        told(1, "sale", line("10001"), occurred_at=later[1], receipt={"number": 1}),
        told(2, "sale", line("10001"), occurred_at=later[2], receipt={"number": 2}),
        told(3, "shift_close", occurred_at=later[3]),
    )

    assert gaps(register) == {}


def test_receipts_without_a_number_are_not_missing(register):
    tell(
        register,
        told(1, "cancelled", line("10001"), receipt={"number": 0}),
        told(2, "sale", line("10001"), receipt={"number": 7}),
        closing(3),
    )

    assert gaps(register) == {}


def test_a_number_that_was_misread_does_not_break_the_comparison(register):
    tell(
        register,
        told(1, "sale", line("10001"), receipt={"number": 2**62}),
        told(2, "sale", line("10001"), receipt={"number": 1}, occurred_at=MORNING.isoformat()),
        closing(3),
    )

    assert settled(register)["receipt_gap", ""] == (999999999999, 0, -999999999999)


def test_many_gaps_are_counted_and_the_first_hundred_named(register):
    tell(register, *(told(2 * number, "sale", line("10001")) for number in range(1, 131)), closing(262))

    settled(register)

    found = Discrepancy.objects.get(what="transaction_gap")
    assert (found.expected, found.details["count"], len(found.details["gaps"])) == (130, 130, 100)


def test_a_difference_is_accepted_with_a_reason(register):
    tell(register, told(1, "sale", line("10001")), closing(2, sales="100.00"))
    settled(register)
    person = UserFactory()

    accepted = reconciliation.accept(
        discrepancy=Discrepancy.objects.get(), by=person, reason="  Ошибка счётчика ", now=NOW
    )

    assert (accepted.accepted_by, accepted.accepted_at, accepted.reason) == (person, NOW, "Ошибка счётчика")
    assert agreement() == "accepted"


@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_accepted_without_a_reason(register, reason):
    tell(register, closing(2, sales="100.00"))
    settled(register)

    with pytest.raises(reconciliation.ReasonMissing):
        reconciliation.accept(discrepancy=Discrepancy.objects.get(), by=UserFactory(), reason=reason, now=NOW)


@pytest.mark.parametrize("fields", [{"resolved_at": NOW}, {"accepted_at": NOW, "reason": "Так надо"}])
def test_what_is_healed_or_accepted_is_not_accepted_again(register, fields):
    tell(register, closing(2, sales="100.00"))
    settled(register)
    discrepancy = Discrepancy.objects.get()
    Discrepancy.objects.update(**fields)

    with pytest.raises(reconciliation.NotOpen, match="counter sales"):
        reconciliation.accept(discrepancy=discrepancy, by=UserFactory(), reason="И мне", now=NOW)


def test_the_database_wants_a_reason_too(register):
    tell(register, closing(2, sales="100.00"))
    settled(register)

    with pytest.raises(IntegrityError, match="accepted_with_a_reason"), transaction.atomic():
        Discrepancy.objects.update(accepted_at=NOW)


def test_the_database_keeps_one_open_row_for_a_figure(register):
    tell(register, closing(2, sales="100.00"))
    settled(register)
    again = Discrepancy.objects.get()
    again.pk = None

    with pytest.raises(IntegrityError, match="open_once_per_report_and_figure"), transaction.atomic():
        again.save()


def test_a_correction_shows_the_agreement_of_its_report(register):
    tell(register, told(1, "sale", line("10001")), closing(2, sales="500.00"))
    settled(register)
    tell(register, told(3, "sale", line("10001")))
    settled(register)

    assert list(ZReport.objects.with_agreement().values_list("agreement", flat=True)) == ["differs", "differs"]
