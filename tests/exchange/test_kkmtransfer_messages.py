import contextlib
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.protocols.kkmtransfer import messages, splitting
from tests.messages import body, line, sale


def problem_of(raw: bytes) -> str:
    return messages.read(raw).problems[0].code


def test_a_sale_is_read_with_decimals_and_utc():
    raw = json.dumps(sale(1041, line("10001", "2.000"))).encode()

    entry = messages.read(raw)

    assert entry.problems == ()
    assert entry.number == 1041
    assert entry.occurred_at == datetime(2026, 11, 20, 7, 15, 32, tzinfo=UTC)
    assert entry.transaction.receipt.lines[0].quantity == Decimal("2.000")
    assert entry.raw == raw


def test_spacing_and_key_order_do_not_make_another_body():
    told = sale(1, line("10001"))
    again = dict(reversed(told.items()))

    first = messages.read(json.dumps(told).encode())
    second = messages.read(json.dumps(again, indent=4).encode())

    assert first.body_hash == second.body_hash


def test_another_quantity_makes_another_body():
    told = sale(1, line("10001"))
    other = json.loads(json.dumps(told).replace('"1.000"', '"2.000"'))

    assert messages.read(json.dumps(told).encode()).body_hash != messages.read(json.dumps(other).encode()).body_hash


def test_a_batch_is_split_into_the_bytes_that_came():
    assert messages.split(b'{"transactions": [{"a": 1} , {"b":NaNsense}]}'.replace(b"NaNsense", b"2")) == [
        b'{"a": 1}',
        b'{"b":2}',
    ]


TWO_LISTS = b'{"transactions": [{}], "transactions": []}'
NOT_BATCHES = [b"", b"[]", b"{}", b'{"transactions": 5}', b"\xff", b'{"transactions": [', b"[" * 9999, TWO_LISTS]


@pytest.mark.parametrize("raw", NOT_BATCHES)
def test_what_is_not_a_batch_is_refused(raw):
    with pytest.raises(splitting.NotABatch):
        messages.split(raw)


GOOD = b'{"number": 1, "name": "]},{"}'
POISON = [
    b'{"sku": "\\ud800"}',
    b'{"extra": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"number": NaN}',
    b'{"number": 01}',
    b'{"number": Infinity}',
]


@pytest.mark.parametrize("poison", POISON)
def test_one_that_no_parser_takes_leaves_its_neighbours_whole(poison):
    raws = messages.split(b'{"more": [1, {}], "transactions": [' + GOOD + b", " + poison + b"," + GOOD + b'], "x": 1}')

    assert raws == [GOOD, poison, GOOD]
    assert messages.read(poison).problems


def test_a_mark_of_byte_order_is_no_part_of_the_batch():
    assert messages.split(b'\xef\xbb\xbf{"transactions": [' + GOOD + b"]}") == [GOOD]


def test_a_list_named_twice_in_escapes_is_refused():
    with pytest.raises(splitting.NotABatch):
        messages.split(b'{"transactions": [{}], "\\u0074ransactions": []}')


@given(st.binary(max_size=60))
def test_no_bytes_make_the_splitting_raise_anything_else(body):
    with contextlib.suppress(splitting.NotABatch):
        splitting.elements(b'{"transactions": [' + body)


def test_a_key_named_twice_is_a_problem():
    assert problem_of(b'{"number": 1, "number": 2}') == "duplicate_key"


def test_a_nul_in_a_name_is_a_problem_and_the_key_is_kept():
    told = sale(7, line("10001"), receipt={"cashier": "a\x00b"})

    entry = messages.read(json.dumps(told).encode())

    assert entry.problems[0].code == "nul_character"
    assert (entry.number, entry.uid) == (7, told["uid"])


def test_a_wrong_type_names_its_place_and_keeps_the_key():
    told = sale(7, line("10001"))
    told["receipt"]["lines"][0]["quantity"] = {}

    entry = messages.read(json.dumps(told).encode())

    assert entry.problems[0].code == "unreadable"
    assert entry.problems[0].attr == "receipt.lines[0].quantity"
    assert entry.number == 7


ODD_NUMBERS = ["1_0", "\uff11\uff10", "\u0661", " 1", "1 ", "1\n", "1_0.5", "1e1_0"]


def numbered(path, value):
    """A sale with this value at the end of the path."""
    told = sale(7, line("10001"))
    *owners, name = path
    owner = told
    for step in owners:
        owner = owner[step]
    owner[name] = value
    return json.dumps(told).encode()


@pytest.mark.parametrize("value", ODD_NUMBERS)
@pytest.mark.parametrize(
    ("path", "attr"),
    [
        (["receipt", "lines", 0, "quantity"], "receipt.lines.1.quantity"),
        (["receipt", "lines", 0, "price"], "receipt.lines.1.price"),
        (["receipt", "total"], "receipt.total"),
        (["receipt", "payments", 0, "amount"], "receipt.payments.amount"),
        (["amount"], "amount"),
    ],
)
def test_what_only_python_takes_for_a_number_is_a_problem(path, attr, value):
    entry = messages.read(numbered(path, value))

    assert [(problem.code, problem.attr) for problem in entry.problems] == [("bad_number", attr)]
    assert (entry.number, entry.transaction) == (7, None)


def test_a_name_in_escapes_hides_no_number():
    raw = numbered(["amount"], "1_0").replace(b'"amount": "1_0"', b'"\\u0061mount": "1_0"')

    assert problem_of(raw) == "bad_number"


def test_numbers_of_an_operation_with_a_card_are_looked_at_too():
    told = sale(7, line("10001"), billing=[{"uid": "b", "card": "1", "kind": "accrue", "bonuses": "1_0"}])

    assert problem_of(json.dumps(told).encode()) == "bad_number"


@pytest.mark.parametrize("value", ["2", "2.", ".5", "+2.000", "-2", "2e3", "2E-3", "NaN", "-Infinity", 2, 2.5])
def test_whatever_is_plainly_a_number_is_read_as_one(value):
    entry = messages.read(numbered(["receipt", "lines", 0, "quantity"], value))

    assert entry.problems == ()
    assert str(entry.transaction.receipt.lines[0].quantity) == str(Decimal(str(value)))


@pytest.mark.parametrize(
    "time", ["2026-11-20T10:15:32", "yesterday", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", 5, None]
)
def test_a_time_that_is_no_moment_of_trade_is_not_part_of_the_key(time):
    entry = messages.read(json.dumps(sale(7, line("10001"), occurred_at=time)).encode())

    assert entry.problems
    assert entry.occurred_at is None


@pytest.mark.parametrize("number", [-1, 2**63, "7", 7.5, None, True])
def test_a_number_that_is_none_is_not_part_of_the_key(number):
    entry = messages.read(json.dumps(sale(number, line("10001"))).encode())

    assert entry.problems
    assert entry.number is None


nearly_json = st.from_regex(r'\{"[a-z]*": ?(-?[0-9]+|"\\u[0-9a-f]{4}")\}')


@given(st.binary() | (st.text() | nearly_json).map(str.encode))
def test_no_bytes_raise(raw):
    entry = messages.read(raw)

    assert entry.problems
    assert entry.raw == raw
    assert len(entry.body_hash) == 32


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


fields = st.sampled_from(["number", "occurred_at", "uid", "kind", "shift", "receipt", "counters", "billing"])


@given(fields, json_values)
def test_no_field_of_any_shape_raises(field, value):
    told = sale(1, line("10001"))
    told[field] = value

    assert messages.read(messages.split(body(told))[0]).raw
