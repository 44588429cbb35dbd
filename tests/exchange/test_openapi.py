"""What the service says of itself: whole, valid, and what it then does."""

import json

import msgspec
import pytest
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from billing.services.operations import refusals as cards
from exchange.api import authentication, bodies, descriptions, examples, transactions
from exchange.services import cursors, stock_feed
from registers import messages
from registers.services import pairing, tokens
from retail.models import Constants
from stock.services import intake, reservations
from tests.factories.billing import DiscountCardFactory
from tests.factories.retail import BarcodeFactory, PriceFactory, SkuFactory
from tests.messages import line, sale
from tests.stock.holding import stocked

SERVICES = {
    "pair", "rotate_token", "settings", "goods", "stock", "wait", "stock_checksum", "price_check", "transactions",
    "reserve_line", "release_line", "reserve", "release", "reservation", "orders",
    "card", "card_operation", "operation", "tell_upload", "tell_upload_by_hook", "tell_upload_by_hook_post",
}  # fmt: skip


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture(scope="module")
def services(schema):
    """The register-facing operations by their id."""
    return {
        operation["operationId"]: operation
        for path, methods in schema["paths"].items()
        if path.startswith("/kkm/v1/")
        for operation in methods.values()
    }


def errors_of(schema, part, content):
    """What of a content does not fit a part of the schema."""
    validator = Draft202012Validator({**part, "components": schema["components"]})
    return [error.message for error in validator.iter_errors(content)]


def json_of(body):
    return body["content"]["application/json"]


def test_the_schema_is_valid(schema):
    validate_schema(schema)


def test_every_service_is_described(services):
    assert set(services) == SERVICES
    for name, operation in services.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name


def test_every_service_says_what_it_refuses_with_and_in_which_words(services):
    for name, operation in services.items():
        refused = {status: body for status, body in operation["responses"].items() if status >= "400"}
        let_in_by = "404" if "hook" in name else "401"
        assert {let_in_by, "503"} <= set(refused), name
        for status, body in refused.items():
            assert json_of(body)["schema"] == {"$ref": "#/components/schemas/Errors"}, (name, status)
            assert json_of(body)["examples"], (name, status)
            assert body["description"], (name, status)


def test_every_success_has_an_example(services):
    for name, operation in services.items():
        [(_status, body)] = [
            (status, body) for status, body in operation["responses"].items() if status in {"200", "201", "202"}
        ]
        assert json_of(body)["examples"], name


def test_every_example_fits_its_schema(schema, services):
    for name, operation in services.items():
        shown = [body for body in operation["responses"].values() if "content" in body]
        shown += [operation["requestBody"]] if "requestBody" in operation else []
        for body in map(json_of, shown):
            for example in body.get("examples", {}).values():
                assert errors_of(schema, body["schema"], example["value"]) == [], (name, example)


def test_refusals_are_described_in_the_words_that_are_sent():
    refusals = [
        authentication.TokenMissing(), tokens.UnknownToken(), tokens.RevokedToken(), tokens.RegisterInactive(),
        pairing.CodeUnknown(), pairing.CodeExpired(), pairing.CodeUsed(),
        cursors.ReloadRequired(), stock_feed.StockSyncDisabled(), intake.Busy(), transactions.NotABatch(),
        reservations.NotAsked(), reservations.ReceiptClosed(), reservations.UnknownReservation(),
        reservations.StockControlUnavailable(),
        cards.DiscountCardsDisabled(), cards.OnlineRegistersDisabled(), cards.UnknownCard(), cards.UnknownOperation(),
        cards.CardBlocked(), cards.CardClosed(), cards.UidReused(), cards.NotReversible(), cards.OfAnotherCard(),
        cards.ReversedAlready(), cards.CardsUnavailable(),
    ]  # fmt: skip

    with translation.override("en"):
        for refusal in refusals:
            described = descriptions.REFUSALS[refusal.code]
            assert (described.status, described.detail) == (refusal.status, str(refusal.detail))
            assert described.attr == refusal.attr


@pytest.mark.parametrize(
    ("described", "read"),
    [
        (bodies.TransactionIn, messages.Transaction),
        (bodies.ReceiptIn, messages.Receipt),
        (bodies.LineIn, messages.Line),
        (bodies.PaymentIn, messages.Payment),
        (bodies.FiscalIn, messages.Fiscal),
        (bodies.BillingIn, messages.BillingRecord),
    ],
)
def test_what_a_register_says_is_described_as_it_is_read(described, read):
    fields = {name: field.required for name, field in described().fields.items()}

    assert fields == {field.name: field.required for field in msgspec.structs.fields(read)}


@pytest.mark.django_db
@pytest.mark.parametrize("example", examples.TRANSACTIONS, ids=lambda example: example.name)
def test_examples_of_transactions_are_accepted(till, example):
    SkuFactory(code="10001")

    status, answer = till.tell(*example.value["transactions"])

    assert status == 200
    assert {result["status"] for result in answer["results"]} == {"accepted"}


@pytest.mark.django_db
def test_answers_are_as_described(till, schema, services):
    price_type = till.register.warehouse.retail_price_type
    milk = SkuFactory(code="10001")
    BarcodeFactory(sku=milk)
    PriceFactory(sku=milk, price_type=price_type)
    gone = SkuFactory(code="10002")
    PriceFactory(sku=gone, price_type=price_type)
    _goods, cursor = till.load("goods")
    gone.withdrawn = True
    gone.save()

    answers = {
        "transactions": till.tell(sale(1, line("10001")), sale(2, line("404"))),
        "goods": till.get("goods"),
        "stock": till.get("stock"),
        "stock_checksum": till.get("stock/checksum"),
        "price_check": till.get("stock/10001"),
        "settings": till.get("settings"),
        "rotate_token": till.call("post", "token/rotate"),
    }
    later = till.get(f"goods?cursor={cursor}")

    assert later[1]["goods"] == [{"sku": "10002", "withdrawn": True}]
    for name, (status, answer) in [*answers.items(), ("goods", later)]:
        described = json_of(services[name]["responses"][str(status)])
        assert errors_of(schema, described["schema"], answer) == [], (name, answer)


@pytest.mark.django_db
def test_answers_of_stock_control_are_as_described(new_till, schema, services):
    till = new_till(external=True)
    stocked(till.register, 5, code="10001")
    asked = {"sku": "10001", "quantity": "2.000"}

    answers = {
        "reserve_line": till.call("put", "reservations/r1/lines/1", json.dumps(asked)),
        "reserve": till.call("put", "reservations/r1", json.dumps({"lines": [{"line": 2, **asked}]})),
        "reservation": till.get("reservations/r1"),
        "release_line": till.call("delete", "reservations/r1/lines/2"),
        "release": till.call("delete", "reservations/r1"),
    }
    refused = till.call("put", "reservations/r1/lines/1", json.dumps({**asked, "quantity": "6"}))

    for name, (status, answer) in answers.items():
        described = json_of(services[name]["responses"][str(status)])
        assert errors_of(schema, described["schema"], answer) == [], (name, answer)
    described = json_of(services["reserve_line"]["responses"][str(refused[0])])
    assert errors_of(schema, described["schema"], refused[1]) == []
    assert {"NotEnough", "UnknownSku", "Withdrawn", "NotForSale"} <= set(described["examples"])


@pytest.mark.django_db
def test_answers_of_cards_are_as_described(till, schema, services):
    Constants.objects.update(discount_cards=True, online_registers=True)
    DiscountCardFactory(number="2000000000015")
    asked = {"uid": "a", "kind": "accrue", "bonuses": "9.90", "occurred_at": "2026-11-20T10:15:30+03:00"}

    answers = {
        "card": till.get("cards/2000000000015"),
        "card_operation": till.call("post", "cards/2000000000015/operations", json.dumps(asked)),
        "operation": till.get("operations/a"),
    }
    refused = till.call(
        "post", "cards/2000000000015/operations", json.dumps({**asked, "uid": "r", "kind": "redeem", "bonuses": "50"})
    )

    for name, (status, answer) in answers.items():
        assert status == 200
        described = json_of(services[name]["responses"][str(status)])
        assert errors_of(schema, described["schema"], answer) == [], (name, answer)
    described = json_of(services["card_operation"]["responses"][str(refused[0])])
    assert errors_of(schema, described["schema"], refused[1]) == []
    assert {"NotEnoughBonuses", "UidReused", "CardBlocked"} <= set(described["examples"])


@pytest.mark.django_db
def test_refusals_are_as_described(till, schema, services):
    refused = {
        "goods": till.get("goods?cursor=nonsense"),
        "price_check": till.get("stock/nothing"),
        "transactions": till.call("post", "transactions", b"[]"),
        "wait": till.get("wait"),
    }
    till.token = "prk_nobody"
    refused["settings"] = till.get("settings")

    for name, (status, answer) in refused.items():
        assert errors_of(schema, {"$ref": "#/components/schemas/Errors"}, answer) == [], (name, answer)
        assert name == "wait" or str(status) in services[name]["responses"], (name, status)
