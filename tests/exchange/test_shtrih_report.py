"""Reports of Штрих-М: every type of line, and every line in a piece, whatever it holds."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from exchange.messages import FileLine
from exchange.protocols.shtrih import messages, report, rows
from registers.services import transactions

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEAD = "#\nБаза 1\n77\n"
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KINDS = {"2": "card", "9": "bonus"}


def row(number, kind, *, receipt=15, till=3, date="20.11.2026", time="10:15:32", **fields):
    """A line; fields are f8…f12."""
    rest = ";".join(str(fields.get(f"f{place}", "")) for place in range(8, 13))
    return f"{number};{date};{time};{kind};{till};{receipt};7;{rest}\n"


def _lines(raw):
    return [line for line in re.split(rb"(?<=\n)", raw) if line]


def cut(text, *, encoding="cp1251", open_shift=5, kinds=KINDS):
    raw = text if isinstance(text, bytes) else text.encode(encoding)
    lines = [FileLine(number, line) for number, line in enumerate(_lines(raw), start=1)]
    shifts = report.Shifts(lines, lambda till: open_shift)
    found = list(report.pieces(lines, shifts=shifts, zone=MOSCOW, register=5, kinds=kinds))
    assert sum(piece.lines for piece in found) == len(lines)
    return found


def entries(text, **fields):
    return [piece.entry for piece in cut(text, **fields) if piece.entry]


def only(text, **fields):
    [entry] = entries(text, **fields)
    return entry


def receipt_of(*lines, close=None, **fields):
    total = close if close is not None else {}
    return only("".join(lines) + row(99, 55, **total), **fields)


SALE = row(1, 11, f8="10001", f10="99.00", f11="2.000", f12="198.00")
PAID = row(2, 40, f11=1, f12="198.00")


def amounts(entry):
    return [
        (line.sku, str(line.quantity), str(line.amount), str(line.discount)) for line in entry.transaction.receipt.lines
    ]


def problems(entry):
    found = entry.problems or transactions.examine(entry.transaction, now=NOW)
    return [problem.code for problem in found]


def test_a_sale_is_read_whole():
    entry = receipt_of(HEAD, SALE, PAID, close={"f12": "198.00"})

    assert (entry.number, entry.kind, entry.shift, entry.uid) == (99, "sale", 5, "shtrih-3-99-20261120101532")
    assert entry.occurred_at == datetime(2026, 11, 20, 7, 15, 32, tzinfo=UTC)
    receipt = entry.transaction.receipt
    assert (receipt.number, receipt.cashier, receipt.total) == (15, "7", Decimal("198.00"))
    assert [(one.kind, one.amount) for one in receipt.payments] == [("cash", 198)]
    assert amounts(entry) == [("10001", "2.000", "198.00", "0.00")]
    assert problems(entry) == []
    assert messages.read(entry.raw, MOSCOW, lambda register: KINDS if register == 5 else {}) == entry


@pytest.mark.parametrize("change", [
    lambda text: text.replace("20.11.2026", "20.11.26"),
    lambda text: text.replace("198.00", "198,00").replace("2.000", "2,000"),
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace("#\n", "@\n", 1),
])  # fmt: skip
def test_the_same_in_another_form_is_the_same_event(change):
    text = HEAD + SALE.replace("10001", "Хлеб") + PAID + row(3, 55, f12="198.00")

    first, other, in_utf8 = only(text), only(change(text)), only(text, encoding="utf-8")

    assert first.body_hash == other.body_hash == in_utf8.body_hash
    assert first.uid == other.uid == in_utf8.uid
    assert amounts(in_utf8)[0][0] == "Хлеб"


def test_a_shift_is_that_which_is_closed_next():
    text = HEAD + SALE + PAID + row(3, 55) + row(4, 61, f8=11, receipt=16) + row(5, 63, f8=11, receipt=16)
    text += row(6, 11, f8="10001", f10="1", f11="1", f12="1", receipt=17) + row(7, 55, receipt=17)

    told = entries(text)

    assert [(one.kind, one.shift) for one in told] == [("sale", 11), ("shift_close", 11), ("sale", 12)]
    assert told[0].body_hash == entries(HEAD + SALE + PAID + row(3, 55))[0].body_hash


def test_a_line_is_stornoed_whole_or_in_part():
    whole = receipt_of(SALE, row(2, 12, f8="10001", f10="99.00", f11="2.000", f12="198.00"),
                       row(3, 1, f8="5", f10="10", f11="1", f12="10"))  # fmt: skip
    part = receipt_of(SALE, row(2, 12, f8="10001", f10="99.00", f11="-1.000", f12="-99.00"))

    assert amounts(whole) == [("5", "1", "10.00", "0.00")]
    assert amounts(part) == [("10001", "1.000", "99.00", "0.00")]


def test_a_storno_of_what_was_not_sold_waits_for_a_person():
    entry = receipt_of(SALE, row(2, 2, f8="404", f10="1", f11="1", f12="1"), PAID)

    assert "quantity_not_positive" in problems(entry)


@pytest.mark.parametrize(("kind", "fields", "amount"), [
    (15, {"f11": "8", "f12": "8.00"}, "190.00"),
    (16, {"f11": "8", "f12": "8.00"}, "206.00"),
    (17, {"f11": "10", "f12": "19.80"}, "178.20"),
    (17, {"f11": "10"}, "178.20"),
    (18, {"f11": "10", "f12": "19.80"}, "217.80"),
])  # fmt: skip
def test_a_discount_or_surcharge_of_a_line(kind, fields, amount):
    entry = receipt_of(SALE, row(2, kind, f8="10001", **fields), close={"f12": amount})

    assert amounts(entry) == [("10001", "2.000", amount, str(Decimal("198.00") - Decimal(amount)))]


@pytest.mark.parametrize(("kind", "fields", "made"), [
    (35, {"f12": "10.00"}, ["6.67", "6.67", "6.66"]),
    (36, {"f12": "10.00"}, ["13.33", "13.33", "13.34"]),
    (37, {"f11": "33.33", "f12": "10.00"}, ["6.67", "6.67", "6.66"]),
    (37, {"f11": "33,33"}, ["6.67", "6.67", "6.66"]),
    (38, {"f11": "33.33"}, ["13.33", "13.33", "13.34"]),
])  # fmt: skip
def test_a_discount_of_the_receipt_is_spread_and_the_rest_goes_to_the_last_line(kind, fields, made):
    goods = [row(n, 11, f8=str(n), f10="10", f11="1", f12="10.00") for n in (1, 2, 3)]

    entry = receipt_of(*goods, row(4, kind, **fields))

    assert [amount for _sku, _quantity, amount, _discount in amounts(entry)] == made
    assert entry.transaction.receipt.total == sum(Decimal(one) for one in made)


@pytest.mark.parametrize("kind", [3, 4, 13, 14])
def test_return_lines_make_a_return(kind):
    entry = receipt_of(row(1, kind, f8="10001", f10="99", f11="2", f12="198.00"), row(2, 40, f11=1, f12="-198.00"))

    assert (entry.kind, amounts(entry)) == ("return", [("10001", "2", "198.00", "0.00")])
    assert (entry.transaction.receipt.total, problems(entry)) == (198, [])


def test_a_negative_payment_makes_a_return_of_any_receipt():
    entry = receipt_of(row(1, 11, f8="10001", f10="99", f11="-2", f12="-198.00"), row(2, 40, f11=2, f12="-198.00"),
                       close={"f12": "-198.00"})  # fmt: skip

    assert (entry.kind, amounts(entry), problems(entry)) == ("return", [("10001", "2", "198.00", "0.00")], [])


def test_a_return_by_the_number_of_a_receipt():
    assert receipt_of(SALE, row(2, 80), PAID).kind == "return"


def test_goods_given_back_within_a_sale_wait_for_a_person():
    entry = receipt_of(SALE, row(2, 13, f8="5", f10="10", f11="1", f12="10"), row(3, 40, f11=1, f12="188"))

    assert (entry.kind, "quantity_not_positive" in problems(entry)) == ("sale", True)


def test_payments_by_their_codes_and_change_that_is_not_taken_off():
    paid = [row(2, 40, f11=2, f12="100.00"), row(3, 41, f10="2.00", f11=1, f12="100.00")]

    entry = receipt_of(SALE, *paid)

    assert [(one.kind, one.amount) for one in entry.transaction.receipt.payments] == [("card", 100), ("cash", 98)]


def test_a_kind_of_payment_that_nobody_has_matched_waits_and_is_read_again_when_somebody_has():
    entry = receipt_of(SALE, row(2, 40, f11=4, f12="198"))

    assert problems(entry) == ["unknown_payment_kind"]
    again = messages.read(entry.raw, MOSCOW, lambda _register: {"4": "sbp"})
    assert (problems(again), again.body_hash) == ([], entry.body_hash)


@pytest.mark.parametrize("kind", [56, 58])
def test_a_cancelled_receipt_is_dropped(kind):
    entry = only(SALE + row(2, kind))

    assert (entry.kind, entry.transaction.receipt.lines, problems(entry)) == ("cancelled", [], [])


@pytest.mark.parametrize(("kind", "ours"), [(50, "cash_in"), (51, "cash_out")])
def test_cash_in_and_out_and_the_line_that_closes_it(kind, ours):
    [entry], pieces = entries(row(1, kind, f12="500,00") + row(2, 55)), cut(row(1, kind, f12="500,00") + row(2, 55))

    assert (entry.kind, entry.transaction.amount, problems(entry)) == (ours, 500, [])
    assert not any(piece.fault for piece in pieces)


def test_marks_stand_with_their_line():
    entry = receipt_of(SALE, row(2, 160, f8="0104600000000015"), row(3, 11, f8="5", f10="1", f11="1", f12="1"),
                       row(4, 180, f8="MARK2"))  # fmt: skip

    assert [line.marks for line in entry.transaction.receipt.lines] == [["0104600000000015"], ["MARK2"]]


@pytest.mark.parametrize("kind", [60, 186, 300, 309])
def test_what_is_not_for_the_journal_is_passed_over(kind):
    [piece] = cut(row(1, kind))

    assert (piece.entry, piece.fault) == (None, "")


DOCUMENT = '<Document store="0000061" Комментарий="…">\n1;33.001\n2;44.000\n</Document>\n'


def test_an_embedded_document_belongs_to_the_line_before_it():
    alone = cut(row(1, 300, f12="44") + DOCUMENT)
    within = cut(SALE + DOCUMENT + PAID + row(3, 55))

    assert [(piece.lines, piece.entry, piece.fault) for piece in alone] == [(1, None, ""), (4, None, "")]
    assert [piece.lines for piece in within] == [7]
    again = messages.read(within[0].entry.raw, MOSCOW, lambda _register: KINDS)
    assert again == within[0].entry


def test_a_tag_that_is_never_closed_swallows_nothing():
    found = cut(SALE + "<Document>\n1;2\n" + PAID + row(3, 55))

    assert [(piece.lines, piece.fault) for piece in found] == [(2, "tag_not_closed"), (3, "")]


def test_tills_of_a_cash_server_are_mixed_and_told_apart():
    text = HEAD
    for till in (1, 2):
        text += row(till, 11, till=till, f8="5", f10="1", f11="1", f12="1")
    for till in (1, 2):
        text += row(10 + till, 55, till=till)

    assert [(piece.workplace, piece.lines) for piece in cut(text) if piece.entry] == [("1", 2), ("2", 2)]


@pytest.mark.parametrize(("text", "code"), [
    ("what is this\n", "not_a_transaction"),
    ("x;20.11.2026;10:15:32;11;3;15;7;;;;;\n", "not_a_transaction"),
    ("1;31.02.2026;10:15:32;11;3;15;7;;;;;\n", "not_a_transaction"),
    ("1;20.11.2026;10:15:32;0;3;15;7;;;;;\n", "not_a_transaction"),
    (row(1, 999), "unknown_type"),
    (row(1, 55), "closed_without_lines"),
    (SALE, "not_closed"),
    ("<Document>\n", "tag_not_closed"),
])  # fmt: skip
def test_what_nobody_can_read_says_why(text, code):
    [piece] = cut(text)

    assert (piece.entry, piece.fault) == (None, code)


def test_a_receipt_with_a_figure_that_is_none_waits_for_a_person():
    entry = receipt_of(row(1, 11, f8="10001", f10="99", f11="two", f12="198.00"), PAID)

    assert (entry.transaction, problems(entry), entry.number) == (None, ["bad_number"], 99)


def test_a_card_gathers_its_sum_and_pays_with_bonuses():
    entry = receipt_of(SALE, row(2, 37, f8="2000000000015", f11="5"), row(3, 40, f11=9, f12="50.00"),
                       row(4, 40, f11=1, f12="138.10"))  # fmt: skip

    assert entry.transaction.receipt.card == "2000000000015"
    told = [(one.kind, one.uid, one.bonuses, one.turnover, one.receipts) for one in entry.transaction.billing]
    assert told == [("redeem", "", 50, 0, 0), ("accrue", "", 0, Decimal("188.10"), 1)]


def test_the_number_of_a_discount_is_no_card():
    entry = receipt_of(SALE, row(2, 37, f8="12", f11="5"), PAID)

    assert (entry.transaction.receipt.card, entry.transaction.billing) == (None, [])


LINES = st.one_of(
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"") + b"\n"),
    st.builds(
        lambda kind, number, fields, receipt, till: row(
            number, kind, receipt=receipt, till=till, **{f"f{place}": said for place, said in enumerate(fields, 8)}
        ).encode("utf-8", "replace"),
        st.sampled_from([*sorted(rows.KNOWN), 0, 7, 999]),
        st.integers(0, 10**19),
        st.lists(st.one_of(st.sampled_from(["", "1", "-2,5", "0.001", "abc", "1e9", "10001", "999999999999999999"]),
                           st.text(alphabet="0123456789.,-xЯ\x00", max_size=8)), max_size=6),
        st.sampled_from(["15", "16", "", "x", "9" * 30]),
        st.sampled_from(["1", "2"]),
    ),
    st.sampled_from([b"#\n", b"@\n", b"\n", DOCUMENT.encode(), b"<a>\n", b"</a>\n", b"<a/>\n"]),
)  # fmt: skip


@FEW
@given(st.lists(LINES, max_size=25))
@example([b"\x98\xff;;\n"])
@example([row(1, 11, f10="9" * 18, f11="9" * 18).encode(), row(2, 37, f11="9" * 18).encode(), row(3, 55).encode()])
def test_no_exception_escapes_and_no_line_disappears(lines):
    for piece in cut(b"".join(lines)):
        if piece.entry:
            found = transactions.examine(piece.entry.transaction, now=NOW) if piece.entry.transaction else ()
            assert len(found) < 10_000
            messages.read(piece.entry.raw, MOSCOW, lambda _register: {})


@FEW
@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_when_they_are_read_again(raw):
    assert messages.read(raw, MOSCOW, lambda _register: {}).raw == raw


@pytest.mark.parametrize(
    ("said", "of"), [("1276", "#1276"), ("0012", "#12"), ("", None), ("0", None), ("чек", None), ("1" * 30, None)]
)
def test_a_return_by_the_number_of_a_receipt_names_its_sale(said, of):
    entry = receipt_of(SALE, row(2, 80, f8=said), PAID)

    assert (entry.kind, entry.transaction.receipt.of) == ("return", of)
    assert receipt_of(SALE, PAID).transaction.receipt.of is None


@pytest.mark.parametrize("kind", sorted(rows.KNOWN))
def test_every_type_of_the_table_is_known_within_a_receipt(kind):
    text = SALE + row(2, kind, f8="10001", f9="1", f10="99.00", f11="1", f12="10") + row(3, 40, f11=1, f12="198.00")

    found = cut(text + row(4, 55))

    assert {piece.fault for piece in found} <= {"", "closed_without_lines"}
