"""Correcting on the page: fields that keep what is not changed, JSON for the rest, a second look before it counts."""

import json

import pytest
from django.urls import reverse

from config.roles import Role
from registers.choices import TransactionState
from registers.models import Receipt, TransactionDeed
from stock.admin.error_desk_form import FieldsForm, parse, write
from tests.factories.people import UserFactory
from tests.factories.registers import KkmTransactionFactory, RegisterFactory
from tests.factories.retail import ShopFactory, SkuFactory
from tests.messages import event, line, lines, sale
from tests.registers.conftest import browser_of
from tests.registers.pages import text_of
from tests.stock.desk import NOW, sold, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


@pytest.fixture
def signed_in():
    return browser_of(UserFactory(role=Role.ACCOUNTANT))


def unread(**given):
    """A transaction of which nothing could be read."""
    return KkmTransactionFactory(on_desk=True, number=None, uid=None, occurred_at=None, received_at=NOW, **given)


def url(recorded):
    return reverse("admin:stock_desktransaction_change", args=[recorded.pk]).replace("/change/", "/correct/")


def shown(client, recorded):
    """Return what the page's fields hold, as a browser would send them back."""
    context = client.get(url(recorded)).context
    fields = {name: field.initial or "" for name, field in context["fields"].fields.items() if "gone" not in name}
    return {"mode": "fields", "body": context["text"], "reason": "по ленте", **fields}


def fields_of(body, recorded, **changes):
    """Fill the form with what it shows and some changes; return the body that comes of it."""
    form = FieldsForm(None, body=body, recorded=recorded, found=[])
    data = {name: field.initial or "" for name, field in form.fields.items() if "gone" not in name}
    filled = FieldsForm({**data, **changes}, body=body, recorded=recorded, found=[])
    assert filled.is_valid()
    return filled.result()


def test_a_quantity_is_corrected_in_its_field(signed_in, register, milk):
    recorded = told(register, sale(1, line("10001", "0.000")))
    data = shown(signed_in, recorded)
    right = {"receipt.lines.0.quantity": "2.000", "receipt.lines.0.amount": "198.00", "receipt.total": "198.00"}

    response = signed_in.post(url(recorded), data | right | {"receipt.payments.0.amount": "198.00"}, follow=True)

    text = text_of(response)
    assert "The correction is applied; what came stays beside it." in text
    assert "Line 1, quantity: 0.000 → 2.000" in text
    assert sold(register, milk) == 2


def test_what_would_still_be_wrong_is_said_and_what_was_typed_is_kept(signed_in, register, milk):
    recorded = told(register, sale(1, line("10001", "0.000")))
    data = shown(signed_in, recorded)

    response = signed_in.post(url(recorded), data | {"receipt.lines.0.quantity": "-5"})

    assert "Not applied: this would still be wrong Line 1: the quantity is not above zero." in text_of(response)
    assert response.context["fields"].fields["receipt.lines.0.quantity"].initial == "-5"
    assert 'value="по ленте"' in response.content.decode() or "по ленте" in response.content.decode()
    assert not Receipt.objects.exists()


def test_figures_that_really_disagree_are_applied_on_a_second_word(signed_in, register, milk):
    recorded = told(register, sale(1, line("10001", "0.000")))
    data = shown(signed_in, recorded) | {"receipt.lines.0.quantity": "1.000", "receipt.lines.0.amount": "99.00"}

    first = signed_in.post(url(recorded), data)
    assert "So it was: apply it" in text_of(first)
    again = {**data, "body": first.context["text"], "despite_flags": "1"}
    signed_in.post(url(recorded), again)

    recorded.refresh_from_db()
    assert recorded.state == TransactionState.ERROR_DESK
    assert sold(register, milk) == 1


def test_a_correction_without_a_reason_is_not_applied(signed_in, register, milk):
    recorded = told(register, sale(1, line("10001", "0.000")))

    response = signed_in.post(url(recorded), shown(signed_in, recorded) | {"reason": ""})

    assert "Say why" in text_of(response)
    assert not TransactionDeed.objects.exists()


def test_what_no_form_can_show_is_corrected_as_json(signed_in, register, milk):
    recorded = told(register, sale(1, line("10001")) | {"uid": None, "number": None})
    data = {"mode": "json", "body": json.dumps(sale(1, line("10001"))), "reason": "по ленте"}

    signed_in.post(url(recorded), data)

    assert sold(register, milk) == 1


@pytest.mark.parametrize("raw", [b'"a word"', b"{", b"\xff\xfe", b'{"a": "\\ud800"}', b"[" * 3000, b'{"a": 1e999999}'])
def test_the_page_opens_whatever_came(signed_in, raw):
    recorded = KkmTransactionFactory(on_desk=True, raw=raw)

    assert signed_in.get(url(recorded)).status_code == 200
    posted = signed_in.post(url(recorded), {"mode": "fields", "body": "{", "reason": "x"})
    assert "Not applied" in text_of(posted)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"receipt": None, "kind": []},
        {"receipt": {"lines": "many", "payments": None}},
        {"receipt": {"lines": [1, None, {"line": {}}]}},
        {"occurred_at": 5, "kind": "Verkauf", "number": 1.5},
    ],
)
def test_bodies_of_any_shape_are_shown_and_stay_as_they_are(signed_in, body):
    recorded = unread(raw=json.dumps(body).encode())

    assert signed_in.get(url(recorded)).status_code == 200
    assert fields_of(parse(recorded.raw), recorded) == parse(recorded.raw)


def test_only_what_is_changed_is_written(register):
    body = parse('{"number": 7, "receipt": {"total": 10.50, "lines": [{"line": 1, "price": 2.0, "marks": ["x"]}]}}')
    recorded = unread()

    changed = fields_of(body, recorded, **{"receipt.lines.0.quantity": "3"})

    assert changed["receipt"]["lines"][0].pop("quantity") == "3"
    assert changed == body


def test_whole_numbers_stay_numbers_and_words_words(register):
    recorded = unread()

    changed = fields_of({}, recorded, number="12", shift="x", **{"receipt.number": "15", "receipt.total": "10.00"})

    assert changed == {"number": 12, "shift": "x", "receipt": {"number": 15, "total": "10.00"}}


def test_a_line_and_a_payment_are_added_and_taken_out(register):
    body = {"receipt": {"lines": lines(("A", "1"), ("B", "2")), "payments": [{"kind": "cash", "amount": "1.00"}]}}
    recorded = KkmTransactionFactory()

    changed = fields_of(
        body,
        recorded,
        **{
            "receipt.lines.0.gone": "on",
            "receipt.lines.2.line": "3",
            "receipt.lines.2.sku": "C",
            "receipt.payments.1.kind": "card",
        },
    )

    assert [one["sku"] for one in changed["receipt"]["lines"]] == ["B", "C"]
    assert changed["receipt"]["payments"] == [{"kind": "cash", "amount": "1.00"}, {"kind": "card"}]


def test_a_value_that_is_emptied_is_not_told(register):
    recorded = unread()

    assert fields_of({"number": 5, "shift": 1}, recorded, number="") == {"shift": 1}


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("2026-11-20T10:15:00", "2026-11-20T10:15:00+10:00"),
        ("2026-11-20T10:15", "2026-11-20T10:15:00+10:00"),
        ("tomorrow", "tomorrow"),
    ],
)
def test_a_time_is_told_by_the_clock_of_the_shop(typed, written):
    recorded = KkmTransactionFactory(register__shop=ShopFactory(far=True))

    assert fields_of({"occurred_at": "?"}, recorded, occurred_at=typed) == {"occurred_at": written}


def test_a_time_that_a_browser_wrote_without_its_seconds_is_not_changed():
    recorded = KkmTransactionFactory()
    body = {"occurred_at": "2026-11-20T10:15:00.000+03:00"}

    assert fields_of(body, recorded, occurred_at="2026-11-20T10:15") == body


def test_fields_at_fault_are_marked(signed_in, register, milk):
    recorded = told(register, sale(1, *lines(("10001", "1.000"), ("10001", "0.000"))))

    fields = signed_in.get(url(recorded)).context["fields"].fields

    marked = {name for name, field in fields.items() if "ed-fault" in field.widget.attrs.get("class", "")}
    assert marked == {"receipt.lines.1.quantity"}


@pytest.mark.parametrize(
    ("problem", "marked"),
    [
        ({"code": "unknown_sku", "attr": "receipt.lines", "params": {"line": "1"}}, {"receipt.lines.0.sku"}),
        ({"code": "line_repeated", "attr": "receipt.lines", "params": {"line": "1"}}, {"receipt.lines.0.line"}),
        ({"code": "number_out_of_range", "attr": "receipt.lines.1", "params": {}}, {"receipt.lines.0.line"}),
        ({"code": "unreadable", "attr": "receipt.lines[...].price", "params": {}}, {"receipt.lines.0.price"}),
        ({"code": "unknown_payment_kind", "attr": "receipt.payments", "params": {}}, {"receipt.payments.0.kind"}),
        ({"code": "payments_differ", "attr": "receipt.payments", "params": {}}, {"receipt.payments.0.amount"}),
        ({"code": "time_out_of_range", "attr": "occurred_at", "params": {}}, {"occurred_at"}),
        ({"code": "unreadable", "attr": None, "params": None}, set()),
    ],
)
def test_each_problem_marks_its_field(problem, marked):
    body = {"receipt": {"lines": [line("A")], "payments": [{"kind": "cash", "amount": "1.00"}]}}
    form = FieldsForm(None, body=body, recorded=KkmTransactionFactory(), found=[problem])

    found = {name for name, field in form.fields.items() if "ed-fault" in field.widget.attrs.get("class", "")}
    assert {name for name in found if ".1." not in name} == marked


def test_a_receipt_of_very_many_lines_is_corrected_as_json_alone(signed_in, register, milk):
    recorded = told(register, sale(1, *(line("10001", "0.000", number=place) for place in range(1, 60))))

    text = text_of(signed_in.get(url(recorded)))

    assert "The receipt has too many lines for this page: correct them as JSON." in text


def test_cash_has_its_amount_in_the_form(signed_in, register):
    recorded = told(register, event(1, "cash_in"))
    assert not signed_in.get(url(recorded)).context["fields"].with_receipt

    signed_in.post(url(recorded), shown(signed_in, recorded) | {"amount": "500.00"})

    recorded.refresh_from_db()
    assert (recorded.state, recorded.amount) == (TransactionState.MENDED, 500)


def test_a_body_is_written_in_lines_with_the_digits_it_had():
    assert write(parse('{"a": 1.50, "b": "ё"}')) == '{\n  "a": "1.50",\n  "b": "ё"\n}'
