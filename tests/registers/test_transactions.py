"""What makes no sense in a transaction that could be read: every check by its code, field, and whether it blocks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers.messages import Fiscal, Line, Payment, Receipt, Transaction
from registers.services import transactions
from tests.registers.conftest import NOW

LINE = Line(line=1, quantity=Decimal("2.000"), price=Decimal("99.00"), amount=Decimal("198.00"), sku="10001")
RECEIPT = Receipt(
    uid="receipt-1",
    number=15,
    total=Decimal("198.00"),
    lines=[LINE],
    payments=[Payment(kind="cash", amount=Decimal("198.00"))],
)
SALE = Transaction(number=1041, occurred_at=NOW, uid="8f1c", kind="sale", shift=12, receipt=RECEIPT)


def sale(receipt=None, line=None, **changes):
    """Return a sale that makes sense but for what is given."""
    told = msgspec.structs.replace(RECEIPT, **(receipt or {}))
    if line is not None:
        told = msgspec.structs.replace(told, lines=[msgspec.structs.replace(LINE, **line)])
    return msgspec.structs.replace(SALE, **{"receipt": told, **changes})


def found(transaction):
    return [(problem.code, problem.attr) for problem in transactions.examine(transaction, now=NOW)]


def test_a_transaction_that_makes_sense_has_no_problems():
    assert found(SALE) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"number": -1}, ("number_out_of_range", "number")),
        ({"number": 2**63}, ("number_out_of_range", "number")),
        ({"shift": -1}, ("number_out_of_range", "shift")),
        ({"occurred_at": datetime(1999, 12, 31, tzinfo=UTC)}, ("time_out_of_range", "occurred_at")),
        ({"occurred_at": NOW + timedelta(days=2, seconds=1)}, ("time_out_of_range", "occurred_at")),
        ({"uid": ""}, ("bad_uid", "uid")),
        ({"uid": "x" * 65}, ("text_too_long", "uid")),
        ({"receipt": None}, ("receipt_missing", "receipt")),
        ({"kind": "cash_in"}, ("amount_missing", "amount")),
        ({"kind": "cash_out", "amount": Decimal("-1")}, ("number_out_of_range", "amount")),
        ({"kind": "cash_in", "amount": Decimal("NaN")}, ("not_finite", "amount")),
    ],
)
def test_a_transaction_is_examined(changes, problem):
    assert found(msgspec.structs.replace(SALE, **changes)) == [problem]


@pytest.mark.parametrize(
    ("receipt", "problem"),
    [
        ({"uid": ""}, ("bad_uid", "receipt.uid")),
        ({"cashier": "x" * 101}, ("text_too_long", "receipt.cashier")),
        ({"card": "x" * 65}, ("text_too_long", "receipt.card")),
        ({"fiscal": Fiscal(drive="9" * 33)}, ("text_too_long", "receipt.fiscal.drive")),
        ({"fiscal": Fiscal(document=-1)}, ("number_out_of_range", "receipt.fiscal.document")),
        ({"number": 2**63}, ("number_out_of_range", "receipt.number")),
        ({"total": Decimal("Infinity")}, ("not_finite", "receipt.total")),
        ({"total": Decimal("198.001")}, ("too_many_decimals", "receipt.total")),
        ({"payments": [Payment("shells", Decimal("198.00"))]}, ("unknown_payment_kind", "receipt.payments")),
        ({"total": Decimal("200.00")}, ("totals_differ", "receipt.total")),
        ({"payments": []}, ("payments_differ", "receipt.payments")),
        ({"lines": [LINE] * 5001}, ("too_many_lines", "receipt.lines")),
    ],
)
def test_a_receipt_is_examined(receipt, problem):
    assert problem in found(sale(receipt))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"line": 0}, ("number_out_of_range", "receipt.lines.0")),
        ({"line": 2**31}, ("number_out_of_range", f"receipt.lines.{2**31}")),
        ({"quantity": Decimal(0)}, ("quantity_not_positive", "receipt.lines.1.quantity")),
        ({"quantity": Decimal("-1")}, ("quantity_not_positive", "receipt.lines.1.quantity")),
        ({"quantity": Decimal("1e400")}, ("number_out_of_range", "receipt.lines.1.quantity")),
        ({"quantity": Decimal("0.0001")}, ("too_many_decimals", "receipt.lines.1.quantity")),
        ({"quantity": Decimal("sNaN")}, ("not_finite", "receipt.lines.1.quantity")),
        ({"price": Decimal("-1")}, ("number_out_of_range", "receipt.lines.1.price")),
        ({"amount": Decimal("1e12")}, ("number_out_of_range", "receipt.lines.1.amount")),
        ({"barcode": "4" * 65}, ("text_too_long", "receipt.lines.1.barcode")),
    ],
)
def test_a_line_is_examined(line, problem):
    assert found(sale(line=line)) == [problem]


@pytest.mark.parametrize(
    "line", [{"quantity": Decimal("2.00000")}, {"price": Decimal("99")}, {"discount": Decimal("-1.00")}]
)
def test_figures_that_mean_the_same_or_may_be_negative_are_taken(line):
    assert found(sale(line=line)) == []


def test_a_line_number_may_not_come_twice():
    assert found(sale({"lines": [LINE, LINE], "total": Decimal("396.00")})) == [
        ("line_repeated", "receipt.lines"),
        ("payments_differ", "receipt.payments"),
    ]


def test_a_given_up_receipt_needs_neither_lines_nor_payments():
    empty = {"lines": [], "payments": [], "total": Decimal(0)}

    assert found(sale(empty, kind="cancelled")) == []
    assert found(sale(empty)) == [("no_lines", "receipt.lines")]


def test_figures_that_disagree_flag_a_receipt_and_do_not_hold_it_up():
    problems = transactions.examine(sale({"total": Decimal("200.00")}), now=NOW)

    assert [problem.blocking for problem in problems] == [False, False]


DECIMALS = st.one_of(
    st.decimals(),
    st.decimals(min_value=-1, max_value=1, places=4),
    st.sampled_from([Decimal(10) ** 9, Decimal(10) ** 12, Decimal("1.000"), Decimal("1.0000"), Decimal("9" * 12)]),
)
TEXTS = st.sampled_from(["", "x" * 10, "x" * 11, "x" * 64, "x" * 65])


@given(st.builds(
    Line, line=st.sampled_from([-1, 0, 1, 2**31 - 1, 2**31]), quantity=DECIMALS, price=DECIMALS, amount=DECIMALS,
    discount=DECIMALS, sku=TEXTS, barcode=TEXTS, vat=TEXTS,
))  # fmt: skip
@settings(deadline=None)
def test_the_quick_look_at_a_line_finds_what_the_long_one_does(told):
    assert list(transactions._line(told)) == list(transactions._wrong_with(told))
