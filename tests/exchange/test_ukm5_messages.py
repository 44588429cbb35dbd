"""Documents of УКМ 5: cut apart to the byte, and read without ever raising."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from exchange.protocols.ukm5 import assumptions, messages, requests, splitting, values, xml
from registers.messages import Entry
from registers.services import transactions

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
RECEIPT = {
    "id": 1015, "number": 15, "storeId": "77", "posId": 17, "posNumber": 3, "shiftId": 512, "shiftNumber": 12,
    "receiptType": "Sale", "result": "Completed", "dates": {"dateClose": "2026-11-20T10:15:32"},
    "additional": {"properties": [{"id": "RECEIPT_GUID", "value": "G"}], "client": {"cardNumber": "2000000000015"}},
    "calculated": {"amount": {"amount": 99, "code": "RUB"}},
    "payments": [{"pType": "Cash", "amount": {"amount": 99, "code": "RUB"}}],
    "items": [{"productInfo": {"scu": "10001"}, "price": {"amount": 99}, "totalWithDiscounts": {"amount": 99},
               "totalQuantity": {"amount": 1000, "decimals": 3}}],
}  # fmt: skip


def read(told) -> Entry:
    return messages.read(json.dumps(told).encode())


def paths(told, path=()):
    """Every place in a document where a value stands."""
    for key, value in told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ():
        yield (*path, key)
        yield from paths(value, (*path, key))


def with_value(told, path, value):
    copy = json.loads(json.dumps(told))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def test_a_receipt_is_read_whole():
    entry = read(RECEIPT)

    assert entry.problems == ()
    assert (entry.uid, entry.number, entry.shift, entry.kind) == ("77_512_17_1015", 15, 12, "sale")
    receipt = entry.transaction.receipt
    assert (receipt.uid, receipt.card, receipt.total) == ("g", "2000000000015", 99)
    [line] = receipt.lines
    assert (line.sku, line.quantity, line.price, line.amount) == ("10001", 1, 99, 99)
    assert transactions.examine(entry.transaction, now=NOW) == ()


ODD: list[object] = [
    None,
    "",
    "x",
    -1,
    0,
    1.5,
    1e300,
    True,
    [],
    {},
    [[]],
    {"amount": "x"},
    {"amount": None},
    "1e9",
    "٣",
    "1" * 5000,
]


@pytest.mark.parametrize("path", list(paths(RECEIPT)), ids=lambda path: ".".join(map(str, path)))
def test_whatever_stands_in_a_field_nothing_raises(path):
    for odd in ODD:
        entry = read(with_value(RECEIPT, path, odd))

        assert (entry.transaction is None) == bool(entry.problems)
        assert all(problem.code in KNOWN for problem in entry.problems)
        if entry.transaction is not None:
            transactions.examine(entry.transaction, now=NOW)


KNOWN = {"unreadable", "bad_number", "bad_time", "unknown_kind", "nul_character", "not_json_object"}


@FEW
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf" + json.dumps(RECEIPT).encode())
@example(b'<shift storeId="1"><receipt>')
def test_any_bytes_are_cut_and_read(raw):
    for document in [*splitting.of_body(raw), *splitting.of_file(raw)]:
        messages.address(document)
        assert messages.read(document).body_hash


KEYS = st.sampled_from([*RECEIPT, "opType", "elements"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@FEW
@given(JSON)
def test_any_json_is_cut_and_read(told):
    raw = json.dumps(told).encode()

    for document in splitting.of_body(raw):
        assert messages.read(document).body_hash


@FEW
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.text(max_size=80), st.text(max_size=12))
def test_any_question_is_understood_or_refused(store, pos, guid, sku, quantity):
    try:
        asked = requests.read(store=store, pos=pos, reservation=guid, sku=sku, quantity=quantity)
    except requests.Malformed:
        return
    assert asked.quantity > 0
    assert 0 < len(asked.receipt) <= requests.LONGEST_GUID
    assert 0 < len(asked.sku) <= requests.LONGEST_SKU


def test_elements_are_cut_to_the_byte():
    first, second = b'{"id" : 1.50, "x": "]}\\""}', '{"id":2,"имя":"Ё"}'.encode()
    body = b'\xef\xbb\xbf {"version": [1], "elements" :\n[' + first + b" ,\t" + second + b' ] , "more": {} }\n'

    assert splitting.of_body(body) == [first, second]


@pytest.mark.parametrize(
    "body", [b'{"elements": []} x', b'{"elements": [1,]}', b'{"elements": [1 2]}', b'{"elements" [1]}']
)
def test_what_is_not_json_is_one_document(body):
    assert splitting.of_body(body) in ([body], [b"1"])


def test_receipts_are_cut_out_of_their_shift_to_the_byte():
    opening = b"<shift storeId='7' posNum=\"3\" x='a>b' shiftNum=\"12\">"
    receipts = [b"<receipt a='>'><id>1</id></receipt>", b"<receipt/>", "<receipt><имя>Ё</имя></receipt >".encode()]
    prolog = b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->"
    content = prolog + opening + b"<version>1</version>" + receipts[0] + b"<receipts>\n" + receipts[1] + receipts[2]
    content += b"</receipts><dateClose>2026-11-20T22:00:00</dateClose></shift>\n"

    *cut, rest = splitting.of_file(content)

    assert cut == [prolog + opening + receipt + b"</shift>" for receipt in receipts]
    assert rest == prolog + opening + (
        b"<version>1</version><receipts>\n</receipts><dateClose>2026-11-20T22:00:00</dateClose></shift>"
    )
    assert messages.address(cut[0]) == messages.Address("7", ("3", ""))
    assert messages.read(rest).kind == "shift_close"
    assert messages.read(cut[0]).kind == "cancelled"  # It does not say that it was completed.


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("receipt_77_3_12_15_1.xml", ("77", "3", "12", "15")),
        ("shift_77_3_12_1.xml", ("77", "3", "12", None)),
        ("shiftOpen_Магазин 1_3_12_1.XML", ("Магазин 1", "3", "12", None)),
        ("cashbox_77_3_12_4_1.xml", ("77", "3", "12", "4")),
    ],
)
def test_names_of_files_say_whose_they_are(name, of):
    found = assumptions.FILE_NAMES.fullmatch(name)

    assert found.group("store", "pos", "shift", "document") == of


def test_a_name_may_be_anything_else_too():
    assert not assumptions.FILE_NAMES.fullmatch("receipt.xml")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"amount": 1500, "decimals": 3}, "1.5"),
        ({"amount": "2"}, "2"),
        ("0,250", "0.25"),
        (Decimal("1.5E2"), "150"),
        (7, "7"),
    ],
)
def test_quantities_come_in_many_forms(said, meant):
    assert values.quantity({"q": said}, "q", path="q") == Decimal(meant)


@pytest.mark.parametrize(
    "said", [{"amount": 1, "decimals": 13}, {"amount": 1, "decimals": 1.5}, True, None, "1 000", Decimal("1E+30")]
)
def test_what_is_no_quantity_is_said_so(said):
    with pytest.raises(values.Unclear):
        values.quantity({"q": said}, "q", path="q")


def test_the_hash_is_that_of_what_happened():
    assert read(RECEIPT).body_hash == read({**RECEIPT, "posName": "Касса", "cashierName": "Другая"}).body_hash
    for path, value in [(("items", 0, "totalQuantity", "amount"), 2000), (("payments", 0, "pType"), "Card"),
                        (("dates", "dateClose"), "2026-11-20T10:15:33"), (("result",), "Cancelled")]:  # fmt: skip
        assert read(with_value(RECEIPT, path, value)).body_hash != read(RECEIPT).body_hash


def test_depth_and_length_are_bounded(monkeypatch):
    with pytest.raises(xml.NotOurs):
        xml.read(b"<receipt>" + b"<a>" * 40 + b"</a>" * 40 + b"</receipt>")
    monkeypatch.setattr(xml, "MOST", 10)
    with pytest.raises(xml.NotOurs):
        xml.read(b"<receipt>" + b"<a/>" * 20 + b"</receipt>")
