"""Reports of Frontol 6: every type of line, and every line in a piece, whatever it holds."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.messages import FileLine
from exchange.protocols.frontol import messages, report, requests, rows
from registers.services import transactions

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HEAD = "#\nБаза 1\n77\n"
CARD_PAID = {"2": "card"}


def row(number, kind, *, document=15, workplace=3, operation=0, shift=12, time="8:56:44", **fields):
    """A line; fields are f8…f44, counted from 1 as the manual does."""
    told = {1: number, 2: "20.11.2026", 3: time, 4: kind, 5: workplace, 6: document, 7: 7, 13: operation, 14: shift}
    told |= {int(name[1:]): said for name, said in fields.items()}
    return ";".join(str(told.get(place, "")) for place in range(1, 45)) + "\n"


def goods(number, *, code="10001", quantity="2,000", price="99,00", amount="198,00", **fields):
    return row(number, 11, f8=code, f10=price, f11=quantity, f12=amount, f16=amount, f20=amount, **fields)


def sale(*lines, total="198,00", **fields):
    return (
        row(1, 42, **fields)
        + "".join(lines)
        + row(98, 40, f9=1, f12=total, **fields)
        + row(99, 55, f12=total, **fields)
    )


def _lines(raw):
    return [line for line in re.split(rb"(?<=\n)", raw) if line]


def cut(text, *, encoding="cp1251"):
    raw = text if isinstance(text, bytes) else text.encode(encoding)
    lines = [FileLine(number, line) for number, line in enumerate(_lines(raw), start=1)]
    found = list(report.pieces(lines, zone=MOSCOW, register=5, kinds=CARD_PAID))
    assert sum(piece.lines for piece in found) == len(lines)
    return found


def entries(text, **fields):
    return [piece.entry for piece in cut(text, **fields) if piece.entry]


def only(text, **fields):
    [entry] = entries(text, **fields)
    return entry


def amounts(entry):
    return [
        (line.sku, str(line.quantity), str(line.amount), str(line.discount)) for line in entry.transaction.receipt.lines
    ]


def problems(entry):
    found = entry.problems or transactions.examine(entry.transaction, now=NOW)
    return [problem.code for problem in found]


def test_a_sale_is_read_whole():
    entry = only(HEAD + sale(goods(2, f19="4600000000015", f33="0104¤x"), row(3, 45, f22="99990", f24=4711, f25="123")))

    assert (entry.number, entry.kind, entry.shift) == (99, "sale", 12)
    assert entry.occurred_at == datetime(2026, 11, 20, 5, 56, 44, tzinfo=UTC)
    receipt = entry.transaction.receipt
    assert (receipt.number, receipt.total, receipt.cashier) == (15, Decimal("198.00"), "7")
    assert (receipt.fiscal.drive, receipt.fiscal.document, receipt.fiscal.sign) == ("99990", 4711, "123")
    assert (receipt.lines[0].barcode, receipt.lines[0].marks) == ("4600000000015", ["0104;x"])
    assert [(one.kind, one.amount) for one in receipt.payments] == [("cash", 198)]
    assert problems(entry) == []
    assert messages.read(entry.raw, MOSCOW, lambda _register: CARD_PAID) == entry


def test_the_same_in_another_form_is_the_same_event():
    text = sale(goods(2, code="Хлеб"))

    other = only(text.replace("8:56:44", "08:56:44").replace("198,00", "198.00").replace(".2026", ".26"))

    assert only(text).body_hash == other.body_hash == only(text, encoding="utf-8").body_hash
    assert only(text).uid == other.uid


def test_discounts_are_within_the_final_sums():
    line = row(2, 11, f8="10001", f10="99,00", f11="2", f12="198,00", f16="180,00", f20="198,00")

    entry = only(
        sale(line, row(3, 17, f11="5", f12="9,90"), row(4, 37, f12="8,10"), row(5, 87, f12="8,10"), total="180")
    )

    assert (amounts(entry), problems(entry)) == ([("10001", "2", "180.00", "18.00")], [])


@pytest.mark.parametrize("sign", ["-", ""])
def test_a_storno_takes_back_whole_or_in_part(sign):
    part = row(3, 12, f8="10001", f10="99,00", f11=f"{sign}1", f12=f"{sign}99", f16=f"{sign}99", f20=f"{sign}99")
    whole = row(4, 2, f8="5", f10="1", f11=f"{sign}1", f12=f"{sign}1", f16=f"{sign}1", f20=f"{sign}1")

    entry = only(sale(goods(2), part, goods(5, code="5", quantity="1", price="1", amount="1"), whole, total="99"))

    assert (amounts(entry), problems(entry)) == ([("10001", "1.000", "99.00", "0.00")], [])


@pytest.mark.parametrize("operation", [1, 26])
@pytest.mark.parametrize("sign", ["-", ""])
def test_a_return_is_known_by_its_operation(operation, sign):
    text = sale(goods(2, quantity=f"{sign}2", amount=f"{sign}198,00"), total=f"{sign}198,00")

    entry = only(text.replace(";0;12;", f";{operation};12;"))

    assert (entry.kind, amounts(entry), problems(entry)) == ("return", [("10001", "2", "198.00", "0.00")], [])


@pytest.mark.parametrize(("sign", "kind"), [("", "sale"), ("-", "return")])
def test_where_no_operation_is_named_goods_below_zero_are_a_return(sign, kind):
    text = sale(goods(2, quantity=f"{sign}2", amount=f"{sign}198,00"), total=f"{sign}198,00")

    entry = only(text.replace(";0;12;", ";;12;"))

    assert (entry.kind, amounts(entry), problems(entry)) == (kind, [("10001", "2", "198.00", "0.00")], [])


def test_change_is_taken_off_cash_and_unknown_payments_wait():
    text = row(1, 42) + goods(2) + row(3, 40, f9=2, f12="100") + row(4, 40, f9=1, f12="100") + row(5, 55, f12="198")

    assert [(one.kind, one.amount) for one in only(text).transaction.receipt.payments] == [("card", 100), ("cash", 98)]
    assert problems(only(text.replace(";;2;;;100;", ";;7;;;100;"))) == ["unknown_payment_kind"]


def test_a_cancelled_document_is_one():
    entry = only(row(1, 42) + goods(2) + row(3, 56))

    assert (entry.kind, problems(entry)) == ("cancelled", [])


def test_a_shift_is_opened_and_closed_once():
    text = row(1, 42, operation=8) + row(2, 62, operation=8) + row(3, 64, operation=8) + row(4, 55, operation=8)
    text += row(5, 60) + row(6, 61, document=16, operation=10) + row(7, 63, document=16, operation=10)

    assert [(one.kind, one.shift) for one in entries(text)] == [("shift_open", 12), ("shift_close", 12)]
    assert not any(piece.fault for piece in cut(text))


@pytest.mark.parametrize(("kind", "operation", "ours"), [(50, 4, "cash_in"), (51, 5, "cash_out")])
def test_cash_in_and_out(kind, operation, ours):
    text = row(1, 42, operation=operation) + row(2, kind, operation=operation, f12="500,00")

    entry = only(text + row(3, 55, operation=operation))

    assert (entry.kind, entry.transaction.amount) == (ours, 500)


def test_documents_that_are_no_trade_are_passed_over():
    found = cut(row(1, 42, operation=16) + goods(2, operation=16) + row(3, 55, operation=16))

    assert [(piece.lines, piece.entry, piece.fault) for piece in found] == [(3, None, "")]


def test_a_card_earns_and_pays():
    text = row(1, 42, f8="@2000000000015|77") + goods(2) + row(3, 9, f12="9,90") + row(4, 32, f12="50,00")

    entry = only(text + row(5, 40, f9=1, f12="198") + row(6, 55, f12="198"))

    assert entry.transaction.receipt.card == "2000000000015"
    told = [(one.kind, str(one.bonuses), one.turnover, one.receipts) for one in entry.transaction.billing]
    assert told == [("redeem", "50.00", 0, 0), ("accrue", "9.90", 198, 1)]


@pytest.mark.parametrize("kind", sorted(rows.KNOWN))
def test_every_type_of_the_manual_is_known(kind):
    for piece in cut(row(1, kind)):
        assert piece.fault in ("", "not_closed")


def test_workplaces_are_mixed_and_told_apart():
    both = [sale(goods(2, workplace=place), workplace=place).splitlines(keepends=True) for place in (1, 2)]

    found = cut("".join(line for pair in zip(*both, strict=True) for line in pair))

    assert [(piece.workplace, piece.lines) for piece in found if piece.entry] == [("1", 4), ("2", 4)]


@pytest.mark.parametrize(("text", "code"), [
    ("what is this\n", "not_a_transaction"),
    ("1;31.02.2026;8:00:00;11;3;15;7\n", "not_a_transaction"),
    (row(1, 999), "unknown_type"),
    (goods(1), "not_closed"),
])  # fmt: skip
def test_what_nobody_can_read_says_why(text, code):
    [piece] = cut(text)

    assert (piece.entry, piece.fault) == (None, code)


def test_a_figure_that_is_none_waits_for_a_person():
    entry = only(sale(goods(2, quantity="two")))

    assert (entry.transaction, problems(entry), entry.number) == (None, ["bad_number"], 99)


def test_a_report_is_asked_for_by_its_days():
    asked = requests.by_dates(date(2026, 11, 1), date(2026, 11, 20))

    assert asked == b"$$$TRANSACTIONSBYDATERANGE\r\n01.11.2026;20.11.2026\r\n"


LINES = st.one_of(
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"") + b"\n"),
    st.builds(
        lambda kind, number, fields, document, place, operation: row(
            number, kind, document=document, workplace=place, operation=operation,
            **{f"f{place}": said for place, said in fields.items()},
        ).encode("utf-8", "replace"),
        st.sampled_from([*sorted(rows.KNOWN), 0, 7, 999]),
        st.integers(0, 10**19),
        st.dictionaries(st.integers(8, 44), st.one_of(
            st.sampled_from(["", "1", "-2,5", "0.001", "abc", "1e9", "999999999999999999"]),
            st.text(alphabet="0123456789.,-xЯ\x00|@", max_size=8)), max_size=6),
        st.sampled_from(["15", "16", "", "x", "9" * 30]),
        st.sampled_from(["1", "2"]),
        st.sampled_from(["0", "1", "4", "16", "21", ""]),
    ),
)  # fmt: skip


@FEW
@given(st.lists(LINES, max_size=25))
def test_no_exception_escapes_and_no_line_disappears(lines):
    for piece in cut(b"".join(lines)):
        if piece.entry:
            if piece.entry.transaction:
                transactions.examine(piece.entry.transaction, now=NOW)
            messages.read(piece.entry.raw, MOSCOW, lambda _register: {})


@FEW
@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_when_they_are_read_again(raw):
    assert messages.read(raw, MOSCOW, lambda _register: {}).raw == raw


@pytest.mark.parametrize(("said", "of"), [("1276", "#1276"), ("", None), ("0", None), ("x", None)])
def test_a_return_names_the_document_it_was_made_from(said, of):
    text = row(1, 42, operation=1, f25=said) + goods(2, operation=1) + row(3, 45, operation=1, f25="998877")
    text += row(4, 40, operation=1, f9=1, f12="198,00") + row(5, 55, operation=1, f12="198,00")

    assert (only(text).kind, only(text).transaction.receipt.of) == ("return", of)


@pytest.mark.parametrize("operation", [21, 22, 23, 24])
@pytest.mark.parametrize("lines", [(), (goods(2),)])
def test_money_without_goods_waits_for_a_person(operation, lines):
    text = row(1, 42, operation=operation) + "".join(lines).replace(";0;12;", f";{operation};12;")
    text += row(3, 40, operation=operation, f9=1, f12="500,00") + row(4, 55, operation=operation, f12="500,00")

    entry = only(text)

    again = messages.read(entry.raw, MOSCOW, lambda _register: CARD_PAID)
    assert (problems(entry), problems(again), entry.transaction) == (["money_alone"], ["money_alone"], None)
    assert entry.problems[0].params == {"operation": str(operation), "document": "15", "amount": "500,00"}
    [unclosed] = cut(row(1, 42, operation=operation) + row(2, 40, operation=operation, f12="500,00"))
    assert unclosed.fault == "not_closed"
    assert not entries(row(1, 42, operation=operation) + row(2, 56, operation=operation))[0].problems
