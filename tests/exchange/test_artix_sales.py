"""Sales files of Artix: cut into documents, read, and every line accounted for."""

import io
import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from exchange.protocols.artix import cutting, messages, report
from exchange.services.transaction_files import archive
from tests.exchange.artix import document, paid, position, shift, told

MOSCOW = ZoneInfo("Europe/Moscow")


def pieces(content, kinds=None):
    return list(report.pieces(io.BytesIO(content), zone=MOSCOW, register=5, kinds=kinds or {}))


def entries(content, **fields):
    return [piece.entry for piece in pieces(content, **fields) if piece.entry]


def entry(one, **fields):
    [found] = entries(told([one]), **fields)
    return found


def receipt(one, **fields):
    found = entry(one, **fields)
    assert found.transaction is not None, found.problems
    return found.transaction.receipt


def test_a_sale_is_read_with_its_goods_and_money():
    mark = "0104600000000015215abc"
    positions = [
        position(1, quantity=2, barCode="4600000000015", excisemark=mark, posSum=188.1, baseSum=198),
        position(2, code="10002", quantity=0.3, price=10),
    ]
    sale = document(7, inventPositions=positions, moneyPositions=[paid(200), paid(8.9, operation=72)], frdocnum=41)

    found = entry(sale)

    assert (found.kind, found.shift, found.number) == ("sale", 12, None)
    assert found.occurred_at == datetime(2026, 11, 20, 7, 0, 7, tzinfo=UTC)
    made = found.transaction.receipt
    assert (made.uid, made.number, made.total, made.cashier) == (sale["identifier"], 7, Decimal("191.10"), "7")
    assert [(line.sku, line.quantity, line.amount, line.discount) for line in made.lines] == [
        ("10001", 2, Decimal("188.10"), Decimal("9.90")),
        ("10002", Decimal("0.300"), Decimal("3.00"), 0),
    ]
    assert (made.lines[0].barcode, made.lines[0].marks) == ("4600000000015", [mark])
    assert [(one.kind, one.amount) for one in made.payments] == [("cash", Decimal("191.10"))]
    assert made.fiscal.document == 41


@pytest.mark.parametrize(
    ("by", "kind"), [(1, "cash"), (4, "card"), (6, "gift_card"), (7, "gift_card"), (9, "9"), (12, "sbp")]
)
def test_a_payment_is_of_the_kind_that_its_code_means(by, kind):
    made = receipt(document(1, moneyPositions=[paid(99, by=by)]), kinds={"12": "sbp"})

    assert [one.kind for one in made.payments] == [kind]


def test_a_payment_of_an_operation_that_nobody_knows_waits_for_a_person():
    made = receipt(document(1, moneyPositions=[paid(99, operation=55)]))

    assert [one.kind for one in made.payments] == ["1 (55)"]


def test_a_return_names_the_sale_that_it_takes_back():
    sale = document(1)
    back = document(
        2, docType=2, sourceidentifier=sale["identifier"] + "/1", moneyPositions=[paid(99, operation=74)],
        inventPositions=[position(quantity=-1)],
    )  # fmt: skip

    made = receipt(back)

    assert entry(back).kind == "return"
    assert made.of == receipt(sale).uid
    assert [(line.quantity, line.amount) for line in made.lines] == [(1, 99)]
    assert (made.total, made.payments[0].amount) == (99, 99)


def test_a_return_may_name_its_sale_on_its_lines_and_a_short_name_is_of_its_till():
    sale = document(1, identifier="17")
    back = document(2, docType=25, inventPositions=[position(sourceidentifier="17/1")])

    assert receipt(back).of == receipt(sale).uid == "artix-1-17"


@pytest.mark.parametrize(
    "fields",
    [
        {"docType": 8},
        {"docType": 7},
        {"failedMoneyPositions": [paid(99)]},
        {"docType": 8, "docSum": "?", "inventPositions": [{"quant": "?", "posSum": 0}], "moneyPositions": 5},
    ],
)
def test_a_receipt_that_was_given_up_moves_nothing(fields):
    found = entry(document(3) | fields)

    assert (found.kind, found.transaction.receipt.lines, found.transaction.receipt.total) == ("cancelled", [], 0)


@pytest.mark.parametrize(("said", "kind"), [(3, "cash_in"), (4, "cash_out")])
def test_cash_put_in_and_taken_out(said, kind):
    found = entry(document(4, docType=said, docSum=500, inventPositions=[]))

    assert (found.kind, found.transaction.amount, found.transaction.receipt) == (kind, 500, None)


def test_a_card_accrues_and_is_redeemed_and_a_return_takes_that_back():
    bonus = {"bonusPositions": [{"amount": 4.5}], "discountPositions": [{"discType": "bonus", "discSum": 9}]}
    positions = [position(posSum=90, **bonus)]
    card = {"cardPositions": [{"number": "2000000000015"}]}
    sale = document(1, inventPositions=positions, **card)
    back = document(2, docType=2, inventPositions=positions, sourceidentifier=sale["identifier"] + "/1", **card)

    sold, returned = entry(sale).transaction, entry(back).transaction

    assert sold.receipt.card == "2000000000015"
    assert [(one.kind, one.bonuses, one.turnover, one.receipts) for one in sold.billing] == [
        ("redeem", 9, 0, 0), ("accrue", Decimal("4.50"), 90, 1),
    ]  # fmt: skip
    assert [(one.kind, one.bonuses, one.of) for one in returned.billing] == [
        ("reverse", Decimal("4.50"), sold.billing[1].uid), ("reverse", 9, sold.billing[0].uid),
    ]  # fmt: skip


def test_a_shift_has_two_ends_and_its_counters():
    opened, closed = entries(told(shifts=[shift(sumGain=90, kkms=[{"sumBack": 9, "sumCashEnd": 50.5}])]))

    assert (opened.kind, opened.occurred_at) == ("shift_open", datetime(2026, 11, 20, 6, tzinfo=UTC))
    assert (closed.kind, closed.occurred_at) == ("shift_close", datetime(2026, 11, 20, 19, tzinfo=UTC))
    assert closed.transaction.counters == {"sales": "99.00", "returns": "9.00", "cash_in_drawer": "50.50"}


def test_a_shift_that_goes_on_has_only_begun():
    [opened] = entries(told(shifts=[shift(timeEnd=None)]))

    assert opened.kind == "shift_open"


@pytest.mark.parametrize(
    "said",
    ["2026-11-20T10:00:01", "2026-11-20T10:00:01.250", "2026-11-20T07:00:01Z", 1795158001, 1795158001000,
     {"$date": 1795158001000}, {"date": "2026-11-20 10:00:01.000000", "timezone": "Europe/Moscow"}],
)  # fmt: skip
def test_a_time_is_the_same_however_it_is_written(said):
    assert entry(document(1, timeEnd=said)).occurred_at == datetime(2026, 11, 20, 7, 0, 1, tzinfo=UTC)


def test_the_same_event_is_known_however_it_is_written():
    one = document(1, inventPositions=[position(price=99, posSum=99)])
    other = {key.upper(): value for key, value in one.items()} | {"DOCSUM": "99,00", "USERCODE": "8"}

    first, second = entry(one), entry(other)

    assert (first.uid, first.body_hash) == (second.uid, second.body_hash)
    assert entry(one | {"moneyPositions": [paid(99, by=4)]}).body_hash != first.body_hash
    assert entry(one, kinds={"1": "other"}).body_hash == first.body_hash


def test_an_event_keeps_its_id_when_the_zone_of_its_shop_is_put_right():
    [first] = entries(told([document(1)]))
    [piece] = [
        one for one in report.pieces(io.BytesIO(told([document(1)])), zone=UTC, register=5, kinds={}) if one.entry
    ]

    assert piece.entry.uid == first.uid == "artix-1-12-1-261120100001"
    assert piece.entry.occurred_at != first.occurred_at


def test_an_entry_is_read_again_from_what_was_kept_of_it():
    for found in entries(told([document(1), document(2, docType=8)], [shift()])):
        again = messages.read(found.raw, MOSCOW, lambda register: {} if register == 5 else {"1": "card"})

        assert again == found


@pytest.mark.parametrize(
    ("change", "code"),
    [({"docType": 18}, "unknown_kind"), ({"docSum": "много"}, "bad_number"), ({"inventPositions": [{}]}, "unreadable"),
     ({"timeEnd": "вчера"}, "bad_time"), ({"moneyPositions": {}}, "unreadable")],
)  # fmt: skip
def test_a_document_that_makes_no_sense_waits_for_a_person(change, code):
    [piece] = [one for one in pieces(told([document(1) | change])) if one.entry or one.fault]
    found = piece.entry.problems[0].code if piece.entry else piece.fault

    assert found == code


def test_documents_on_one_line_and_dashes_within_a_text_are_told_apart():
    ones = [document(number, userCode="}--- {---") for number in (1, 2, 3)]
    line = "---".join(json.dumps(one) for one in ones) + "---"
    content = f"### sales data begin ###{line}### sales data end ###".encode()

    found = pieces(content)

    assert [piece.entry.transaction.receipt.number for piece in found if piece.entry] == [1, 2, 3]
    assert sum(piece.lines for piece in found) == 1


def test_what_is_broken_is_named_by_its_line_and_hides_no_neighbour():
    content = told([document(1), document(2), document(3)]).decode()
    begins = content.index('"docNum": 2')
    broken = content[:begins] + "!!" + content[begins:] + "хвост\n### new data begin ###\n{}\n### new data end ###\n"

    found = pieces(broken.encode())

    assert [piece.entry.transaction.receipt.number for piece in found if piece.entry] == [1, 3]
    faults = {piece.fault: piece for piece in found if piece.fault}
    assert set(faults) == {"document_broken", "not_a_document", "unknown_section"}
    assert broken.splitlines()[faults["document_broken"].line - 1] == "{"
    assert faults["not_a_document"].raw == "хвост".encode()
    assert sum(piece.lines for piece in found) == len(broken.splitlines())


def test_a_file_that_ends_within_a_document_says_so():
    content = told([document(1), document(2)])
    content = content[: content.rindex(b"stornoPositions")]

    found = pieces(content)

    assert [piece.fault for piece in found if piece.fault] == ["document_broken"]
    assert len([piece for piece in found if piece.entry]) == 1


def test_the_log_and_softchecks_say_nothing_for_the_journal():
    found = pieces(told([document(1, docType=16)], log=[{"opcode": 3, "optime": "2026-11-20T09:00:00"}]))

    assert not [piece for piece in found if piece.entry or piece.fault]


def test_a_till_is_named_by_its_number():
    content = told([document(1, cashCode="007"), document(2, cashCode=8)], [shift(cashCode="K-1")])

    assert [piece.workplace for piece in pieces(content) if piece.entry] == ["7", "8", "K-1", "K-1"]


def test_cyrillic_of_windows_is_read_too():
    content = told([document(1, userCode="Анна")]).decode().encode("cp1251")

    [found] = entries(content)

    assert found.transaction.receipt.cashier == "Анна"


def test_a_long_file_is_read_in_pieces(monkeypatch):
    monkeypatch.setattr(cutting, "BLOCK", 700)
    monkeypatch.setattr(cutting, "AHEAD", 300)
    content = told([document(number) for number in range(1, 60)], [shift()])

    found = pieces(content)

    assert len([piece for piece in found if piece.entry]) == 61
    assert sum(piece.lines for piece in found) == len(content.splitlines())


_CHUNKS = st.sampled_from(
    [b"### sales data begin ###", b"### sales data end ###", b"### shift info begin ###", b"###", b"---", b"\n", b"{",
     b"}", b'"', b"[", b"]", b"\\", b"\\u0000", b"\xef\xbb\xbf", b"\xff", b"}---", json.dumps(document(1)).encode(),
     json.dumps(document(2, docType=2)).encode(), json.dumps(shift()).encode()]
)  # fmt: skip
_JUNK = st.lists(st.one_of(_CHUNKS, st.binary(max_size=6)), max_size=30).map(b"".join)


@given(_JUNK)
@example(b"{\n")
@example(b'{"a":\n \n### x ###\n')
@tried(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_raise_and_every_line_is_in_one_piece(content):
    found = pieces(content)

    assert sum(piece.lines for piece in found) == len(list(archive.lines(io.BytesIO(content))))
    assert all(piece.lines >= 0 for piece in found)
    faults = [piece.line for piece in found if piece.fault]
    assert len(faults) == len(set(faults))
    assert [piece.line for piece in found if piece.fault] == sorted(faults)


_ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2),
    st.just("9" * 40), st.just(10**30), st.just({"a": 1}), st.just([{"posNum": 1}]), st.just("\ud800"), st.just("\0"),
)  # fmt: skip
_NAMES = st.sampled_from([*document(1), *position(), *shift(), "number", "valCode", "sumB", "opCode", "amount"])


def _changed(value, name, odd):
    if isinstance(value, dict):
        return {key: odd if key == name else _changed(inside, name, odd) for key, inside in value.items()}
    return [_changed(inside, name, odd) for inside in value] if isinstance(value, list) else value


@given(_NAMES, _ODD, st.sampled_from([1, 2, 3, 8, 16, 18]))
@tried(max_examples=200, deadline=None)
def test_no_value_raises_and_no_document_disappears(name, odd, kind):
    one = _changed(
        document(1, docType=kind, cardPositions=[{"number": "2"}],
                 inventPositions=[position(bonusPositions=[{"amount": 1}])]), name, odd,
    )  # fmt: skip
    content = told([], []).replace(b"begin ###\n", b"begin ###\n" + json.dumps(one).encode() + b"\n---\n", 1)

    found = pieces(content)

    said = [piece for piece in found if piece.entry or piece.fault]
    if one.get("docType") not in (16, "16"):
        assert len(said) == 1
        assert said[0].fault or said[0].entry.transaction or said[0].entry.problems


def test_blanks_in_what_is_broken_are_gone_through_once():
    began = time.process_time()

    [part] = cutting.cut(io.BytesIO(b'{"docNum":' + b" " * 100_000 + b"\n" * 100_000))

    assert (part.whole, part.text, part.lines) == (False, '{"docNum":', 100_000)
    assert time.process_time() - began < 1  # Once for each of them were minutes.
