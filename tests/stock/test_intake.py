"""Every sale once: recorded, taken apart, put into the feed; whatever is wrong is kept and named."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from exchange.protocols.kkmtransfer.messages import read
from registers.models import KkmTransaction, Receipt, ReceiptLine, Shift, TransactionConflict
from registers.services import archives
from retail.models import Sku
from stock.models import Balance, WarehouseFeed
from stock.services import intake
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, SkuFactory
from tests.messages import entries, event, line, lines, sale

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


def take_in(register, *transactions):
    return intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


def sold(register, sku):
    return Balance.objects.get(warehouse=register.warehouse, sku=sku).sold


def test_a_sale_raises_sold_and_takes_the_next_revision(register, milk):
    outcomes = take_in(register, sale(1, line("10001", "2.000")))

    balance = Balance.objects.get(warehouse=register.warehouse, sku=milk)
    assert statuses(outcomes) == ["accepted"]
    assert (balance.on_hand, balance.sold, balance.reserved) == (0, Decimal("2.000"), 0)
    assert balance.revision == balance.sale_revision == 1
    assert WarehouseFeed.objects.get(warehouse=register.warehouse).revision == 1


def test_a_receipt_is_taken_apart_as_it_was_printed(register, milk):
    told = sale(
        1041,
        line("10001", "2.000", discount="0.50", barcode="4600000000015", vat="22", marks=["0104600000000015"]),
        receipt={"card": "2000000000015", "fiscal": {"drive": "9999", "document": 4711, "sign": "12"}},
    )

    take_in(register, told)

    receipt = Receipt.objects.get()
    assert (receipt.register, receipt.warehouse) == (register, register.warehouse)
    assert (receipt.transaction.number, receipt.shift.number, receipt.kind) == (1041, 12, "sale")
    assert (receipt.card_number, receipt.fiscal_drive, receipt.fiscal_document) == ("2000000000015", "9999", 4711)
    assert receipt.total == receipt.payments.get().amount == receipt.transaction.amount == Decimal("198.00")
    taken = receipt.lines.get()
    assert (taken.sku, taken.quantity, taken.price) == (milk, Decimal("2.000"), Decimal("99.00"))
    assert (taken.discount, taken.vat, taken.marks) == (Decimal("0.50"), "22", ["0104600000000015"])


def test_lines_of_one_sku_are_added_up_and_take_one_revision(register, milk):
    take_in(register, sale(1, *lines(("10001", "2.000"), ("10001", "0.500"))))

    assert sold(register, milk) == Decimal("2.500")
    assert WarehouseFeed.objects.get(warehouse=register.warehouse).revision == 1


def test_a_return_lowers_sold(register, milk):
    take_in(register, sale(1, line("10001", "2.000")), sale(2, line("10001", "2.000"), kind="return"))
    take_in(register, sale(3, line("10001", "1.000"), kind="return"))

    assert sold(register, milk) == Decimal("-1.000")


def test_a_service_is_sold_without_a_balance(register):
    delivery = SkuFactory(code="delivery", item__kind="service")

    assert statuses(take_in(register, sale(1, line("delivery")))) == ["accepted"]
    assert ReceiptLine.objects.get().sku == delivery
    assert not Balance.objects.exists()


def test_a_cancelled_receipt_moves_nothing(register, milk):
    outcomes = take_in(register, sale(1, line("10001"), kind="cancelled"))

    assert statuses(outcomes) == ["accepted"]
    assert Receipt.objects.get().kind == "cancelled"
    assert not Balance.objects.exists()


def test_a_line_is_known_by_its_barcode_when_it_has_no_code(register, milk):
    barcode = BarcodeFactory(sku=milk)

    take_in(register, sale(1, line("", "1.000", barcode=barcode.value)))

    assert sold(register, milk) == 1


def test_second_sale_with_the_same_number_changes_nothing(register, milk):
    told = sale(1, line("10001"))
    take_in(register, told)

    outcomes = take_in(register, told)

    assert statuses(outcomes) == ["duplicate"]
    assert sold(register, milk) == 1
    assert (KkmTransaction.objects.count(), Receipt.objects.count(), ReceiptLine.objects.count()) == (1, 1, 1)


def test_a_transaction_whose_body_is_archived_is_known_as_ever(register, milk, settings, tmp_path):
    settings.ARCHIVE_ROOT, settings.JOURNAL_BODIES_DAYS = str(tmp_path), 92
    told = sale(1, line("10001", "2.000"))
    take_in(register, told)
    assert archives.archive_due(now=NOW + timedelta(days=200)) == 1

    outcomes = take_in(register, told) + take_in(register, sale(1, line("10001", "3.000")))

    assert statuses(outcomes) == ["duplicate", "conflict"]
    assert sold(register, milk) == 2
    assert not KkmTransaction.objects.exclude(raw=b"").exists()
    assert TransactionConflict.objects.count() == 1


def test_the_same_number_with_another_body_is_kept_as_a_conflict(register, milk):
    told = sale(1, line("10001"))
    take_in(register, told)
    other = told | {"uid": "another", "receipt": told["receipt"] | {"uid": "another"}}

    outcomes = [take_in(register, other)[0], take_in(register, other)[0]]

    assert statuses(outcomes) == ["conflict", "conflict"]
    assert TransactionConflict.objects.get().transaction.uid == told["uid"]
    assert sold(register, milk) == 1


def test_the_same_uid_with_another_number_is_kept_as_a_conflict(register, milk):
    told = sale(1, line("10001"))
    take_in(register, told)

    assert statuses(take_in(register, told | {"number": 2})) == ["conflict"]
    assert sold(register, milk) == 1


def test_the_same_number_at_another_time_is_another_sale(register, milk):
    take_in(register, sale(1, line("10001")))

    outcomes = take_in(register, sale(1, line("10001"), occurred_at="2026-11-20T11:00:00+03:00"))

    assert statuses(outcomes) == ["accepted"]
    assert sold(register, milk) == 2


def test_two_registers_may_use_the_same_numbers(register, milk):
    other = RegisterFactory(warehouse=register.warehouse)
    told = sale(1, line("10001"))

    assert statuses(take_in(register, told) + take_in(other, told)) == ["accepted", "accepted"]
    assert sold(register, milk) == 2


def test_a_repeat_within_one_batch_is_a_duplicate(register, milk):
    told = sale(1, line("10001"))

    assert statuses(take_in(register, told, told, told)) == ["accepted", "duplicate", "duplicate"]
    assert sold(register, milk) == 1


def test_a_conflict_within_one_batch_lets_the_first_through(register, milk):
    told = sale(1, line("10001", "1.000"))
    other = sale(1, line("10001", "5.000"), uid=told["uid"])

    assert statuses(take_in(register, told, other, other)) == ["accepted", "conflict", "conflict"]
    assert sold(register, milk) == 1


def test_a_receipt_told_twice_under_two_numbers_is_sold_once(register, milk):
    told = sale(1, line("10001"))
    again = sale(2, line("10001"), receipt={"uid": told["receipt"]["uid"]})

    outcomes = take_in(register, told, again)

    assert statuses(outcomes) == ["accepted", "error_desk"]
    assert outcomes[1].problems[0]["code"] == "receipt_repeated"
    assert sold(register, milk) == 1


def test_an_unknown_sku_waits_while_the_rest_of_the_receipt_moves(register, milk):
    outcomes = take_in(register, sale(1, *lines(("10001", "1.000"), ("404", "3.000"))))

    assert statuses(outcomes) == ["error_desk"]
    assert outcomes[0].problems == [
        {"code": "unknown_sku", "attr": "receipt.lines", "params": {"line": "2", "sku": "404", "barcode": ""}}
    ]
    assert sold(register, milk) == 1
    assert Receipt.objects.get().lines.get(sku=None).sku_code == "404"


def test_a_repeat_from_the_desk_is_answered_with_its_first_problem(register):
    told = sale(1, line("404"))
    first = take_in(register, told)

    again = take_in(register, told)

    assert statuses(again) == ["duplicate"]
    assert again[0].problems == first[0].problems


BROKEN = {
    "quantity_not_positive": {"quantity": "0.000"},
    "number_out_of_range": {"quantity": "1e9999999"},
    "not_finite": {"quantity": "NaN"},
    "too_many_decimals": {"quantity": "0.0001"},
    "text_too_long": {"barcode": "1" * 65},
}


@pytest.mark.parametrize(("code", "fields"), BROKEN.items())
def test_a_line_that_makes_no_sense_is_recorded_and_moves_nothing(register, milk, code, fields):
    outcomes = take_in(register, sale(1, line("10001") | fields), sale(2, line("10001")))

    assert statuses(outcomes) == ["error_desk", "accepted"]
    assert code in [problem["code"] for problem in outcomes[0].problems]
    assert KkmTransaction.objects.get(number=1).raw
    assert sold(register, milk) == 1


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("time_out_of_range", sale(1, line("10001"), occurred_at="2031-01-01T00:00:00+03:00")),
        ("time_out_of_range", sale(1, line("10001"), occurred_at="1999-01-01T00:00:00+03:00")),
        ("no_lines", sale(1)),
        ("receipt_missing", event(1, "sale")),
        ("amount_missing", event(1, "cash_in")),
        ("line_repeated", sale(1, line("10001"), line("10001"))),
        ("bad_uid", sale(1, line("10001"), uid="")),
        ("unknown_payment_kind", sale(1, line("10001"), receipt={"payments": [{"kind": "gold", "amount": "99.00"}]})),
        ("number_out_of_range", sale(1, line("10001"), shift=-1)),
        ("unreadable", sale(1, line("10001"), kind="barter")),
    ],
)
def test_a_transaction_that_makes_no_sense_is_recorded_and_moves_nothing(register, milk, code, told):
    outcomes = take_in(register, told)
    again = take_in(register, told)

    assert statuses(outcomes + again) == ["error_desk", "duplicate"]
    assert outcomes[0].problems[0]["code"] == code
    assert KkmTransaction.objects.get().state == "error_desk"
    assert not Balance.objects.exists()


def test_a_receipt_of_a_hundred_thousand_lines_is_kept_for_a_person(register, milk):
    told = sale(1, *(line("10001", number=place) for place in range(1, 100_001)))

    outcomes = take_in(register, told, sale(2, line("10001")))

    assert statuses(outcomes) == ["error_desk", "accepted"]
    assert outcomes[0].problems[0]["code"] == "too_many_lines"
    assert sold(register, milk) == 1


def test_figures_that_disagree_are_flagged_and_the_goods_still_move(register, milk):
    outcomes = take_in(register, sale(1, line("10001"), receipt={"total": "50.00"}))

    assert [problem["code"] for problem in outcomes[0].problems] == ["totals_differ", "payments_differ"]
    assert statuses(outcomes) == ["error_desk"]
    assert sold(register, milk) == 1


def test_shift_and_cash_are_recorded(register):
    counters = {"sales": "99.00", "receipts": 1}
    take_in(
        register,
        event(1, "shift_open", occurred_at="2026-11-20T08:00:00+03:00"),
        event(2, "cash_in", amount="500.00"),
        event(3, "shift_close", occurred_at="2026-11-20T22:00:00+03:00", counters=counters),
    )

    shift = Shift.objects.get()
    assert (shift.number, shift.counters) == (12, counters)
    assert shift.closed_at - shift.opened_at == timedelta(hours=14)
    assert KkmTransaction.objects.get(kind="cash_in").amount == 500


def test_a_sale_after_the_shift_was_closed_is_still_a_sale(register, milk):
    take_in(register, event(1, "shift_close", counters={}))

    assert statuses(take_in(register, sale(2, line("10001")))) == ["accepted"]
    assert Shift.objects.get().closed_at


def test_a_batch_of_any_size_is_one_statement(register, django_assert_num_queries):
    for code in range(20):
        SkuFactory(code=f"S{code}")
    batch = entries(*(sale(number, *lines(*((f"S{code}", "1") for code in range(5)))) for number in range(1, 51)))

    with django_assert_num_queries(1):
        intake.take_in(register=register, entries=batch, protocol="kkmtransfer", now=NOW)

    assert Receipt.objects.count() == 50
    assert sum(Balance.objects.values_list("sold", flat=True)) == 250


def test_a_replayed_batch_is_one_statement(register, milk, django_assert_num_queries):
    batch = entries(*(sale(number, line("10001")) for number in range(1, 51)))
    intake.take_in(register=register, entries=batch, protocol="kkmtransfer", now=NOW)

    with django_assert_num_queries(1):
        outcomes = intake.take_in(register=register, entries=batch, protocol="kkmtransfer", now=NOW)

    assert set(statuses(outcomes)) == {"duplicate"}
    assert Sku.objects.get().balances.get().sold == 50


def test_of_every_transaction_of_a_batch_its_own_bytes_are_kept(register, milk):
    told = [sale(1, line("10001")), sale(2, line("10001"), receipt={"cashier": "Щукина"}), sale(3, line("Ы", "2.000"))]
    raws = [json.dumps(one, ensure_ascii=False).encode() for one in told]

    intake.take_in(register=register, entries=[read(raw) for raw in raws], protocol="kkmtransfer", now=NOW)

    assert [bytes(raw) for raw in KkmTransaction.objects.order_by("number").values_list("raw", flat=True)] == raws


def test_for_many_the_statement_is_planned_anew(register, milk, monkeypatch):
    few, many = [], []
    for statement, calls in ((intake.INTAKE, few), (intake.INTAKE_OF_MANY, many)):
        rows = statement.rows
        monkeypatch.setattr(
            statement, "rows", lambda calls=calls, rows=rows, **given: (calls.append(1), rows(**given))[1]
        )
    monkeypatch.setattr(intake, "MANY", 2)

    outcomes = [
        *take_in(register, sale(1, line("10001"))),
        *take_in(register, *(sale(n, line("10001")) for n in (2, 3))),
    ]

    assert statuses(outcomes) == ["accepted"] * 3
    assert (len(few), len(many), intake.INTAKE_OF_MANY._prepared) == (1, 1, False)
