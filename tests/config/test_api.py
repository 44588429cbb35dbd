"""What holds for every service of the back-office API alike."""

import base64
import re
from functools import cache

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from retail.api.descriptions import REFUSALS
from retail.api.pagination import PARAMETERS
from retail.api.throttles import Throttle
from retail.choices import Role
from stock.models import CurrentSales, CustomerOrder, GoodsReceipt, StockCount, StockTransfer, WholesaleInvoice, ZReport
from tests.config.everything import make_some
from tests.factories.people import UserFactory
from tests.retail.programs import ROOT, Program

OWNERS = {
    "goods-receipts": GoodsReceipt,
    "wholesale-invoices": WholesaleInvoice,
    "stock-transfers": StockTransfer,
    "stock-counts": StockCount,
    "customer-orders": CustomerOrder,
    "current-sales": CurrentSales,
    "z-reports": ZReport,
}
NASTY = (
    "", "0", "-1", "1e400", "9" * 30, "NaN", "a\x00b", "\x00", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2026-02-30", "null", ",", "1,,2", "x" * 5000, "%", "'; --", "[]", "é🙂\u202e", "٣",
)  # fmt: skip
# Of other lists, of no list, of values that no row has: the text behind each is JSON in base64.
CURSORS = [
    base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    for text in (
        '["id",null,42]', '["id"]', "null", "[]", '{"a":1}', '["-date","0001-01-01",1]',
        '["id",null,9999999999999999999999]',
        '["date","0001-01-01T00:00:00+00:00",1]', '["date","9999-12-31T23:59:59-14:00",1]', '["name","\\u0000",1]',
        '["name","\\ud800",1]', '["number","99999999999999999999999",1]', '["id",null,true]',
        '["line","1",-1]', "[[[[[",
    )
]  # fmt: skip
# What some filter takes for sense and the database may not.
LIKELY = ("0", "9" * 18, "é🙂")


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch):
    """Ask as often as these tests do: else most answers would be 429 and prove nothing."""
    monkeypatch.setattr(Throttle, "allow_request", lambda *args: True)


@cache
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations():
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in schema()["paths"].items()
        if path.startswith(ROOT)
        for method, operation in methods.items()
    }


OPERATIONS = operations()
LISTS = sorted(name for name in OPERATIONS if name.endswith("_list"))


def address(path):
    """A list's address below the root, of the lines of the first document where it is of lines."""
    path = path.removeprefix(ROOT)
    if "{parent}" in path:
        path = path.replace("{parent}", str(OWNERS[path.split("/")[0]].objects.order_by("-pk")[0].pk))
    return path


def errors_of(part, content):
    validator = Draft202012Validator({**part, "components": schema()["components"]})
    return [error.message for error in validator.iter_errors(content)]


def json_of(body):
    return body["content"]["application/json"]


# Reading


@pytest.mark.django_db
def test_the_statements_of_a_list_do_not_grow_with_its_rows():
    program = Program()

    def read(name):
        path = address(OPERATIONS[name][1])
        with CaptureQueriesContext(connection) as queries:
            rows = program.rows(f"{path}?limit=500")
        return len(rows), len(queries)

    make_some()
    program.rows("items")
    few = {name: read(name) for name in LISTS}
    make_some()
    many = {name: read(name) for name in LISTS}

    assert {name: queries for name, (_rows, queries) in few.items()} == {
        name: queries for name, (_rows, queries) in many.items()
    }
    assert max(queries for _rows, queries in many.values()) <= 10
    steady = {name for name in LISTS if not 0 < few[name][0] < many[name][0]}
    assert steady == {"units_list", "vat_rates_list", *(name for name in LISTS if name.endswith("lines_list"))}


@pytest.mark.django_db
def test_lists_and_their_rows_are_as_described():
    make_some()
    program = Program()

    for name in LISTS:
        _method, path, operation = OPERATIONS[name]
        status, page = program.get(address(path))
        assert status == 200
        assert errors_of(json_of(operation["responses"]["200"])["schema"], page) == [], name
        if one := OPERATIONS.get(name.removesuffix("_list") + "_retrieve"):
            status, row = program.get(f"{address(path)}/{page['results'][0]['id']}")
            assert status == 200
            assert errors_of(json_of(one[2]["responses"]["200"])["schema"], row) == [], name


@pytest.mark.django_db
def test_every_ordering_leafs_through_every_row_once():
    make_some()
    program = Program()

    for name in LISTS:
        _method, path, operation = OPERATIONS[name]
        [orderings] = [told["schema"]["enum"] for told in operation["parameters"] if told["name"] == "ordering"]
        for ordering in orderings:
            leafed = program.every(f"{address(path)}?limit=2&ordering={ordering}&fields=id")
            whole = program.rows(f"{address(path)}?limit=500&ordering={ordering}&fields=id")

            assert leafed == whole, (name, ordering)
            assert len({row["id"] for row in leafed}) == len(leafed) > 1, (name, ordering)


@pytest.mark.slow
@pytest.mark.django_db
def test_garbage_is_refused_in_words_and_never_an_accident():
    make_some()
    program = Program()

    for name in LISTS:
        _method, path, operation = OPERATIONS[name]
        names = [told["name"] for told in operation["parameters"] if told["in"] == "query"]
        asked = [dict.fromkeys([*names, "nonsense"], value) for value in NASTY]
        asked += [{"cursor": value} for value in CURSORS]
        asked += [{parameter: value} for parameter in names if parameter not in PARAMETERS for value in LIKELY]
        for parameters in asked:
            response = program.client.get(ROOT + address(path), parameters, headers=program.signed())
            assert response.status_code in {200, 400}, (name, parameters, response.content)
            if response.status_code == 400:
                assert all(error["detail"] for error in response.json()["errors"]), (name, parameters)


# Who may write; who may read is in test_services.py

READERS = {
    "anonymous": 401,
    "nobody": 403,
    Role.MERCHANDISER: 200,
    Role.ACCOUNTANT: 200,
    Role.OPERATOR: 200,
    Role.ADMINISTRATOR: 200,
}
DOCUMENT_KEEPERS = {Role.ACCOUNTANT, Role.ADMINISTRATOR}
WRITERS = {
    "prices": {Role.MERCHANDISER, Role.ADMINISTRATOR},
    "goods_receipts": DOCUMENT_KEEPERS,
    "wholesale_invoices": DOCUMENT_KEEPERS,
    "stock_transfers": DOCUMENT_KEEPERS,
    "stock_counts": DOCUMENT_KEEPERS,
    "customer_orders": {Role.MERCHANDISER, Role.OPERATOR, Role.ADMINISTRATOR},
}
WRITES = sorted(name for name, (method, _path, _operation) in OPERATIONS.items() if method != "get")


def program_of(who):
    if who == "anonymous":
        program = Program()
        program.token = ""
        return program
    return Program(UserFactory(role=None if who == "nobody" else who))


@pytest.mark.django_db
@pytest.mark.parametrize("who", READERS)
def test_who_may_write(who):
    program = program_of(who)

    answers = {}
    for name in WRITES:
        method, path, _operation = OPERATIONS[name]
        answers[name] = program.call(method, path.removeprefix(ROOT).replace("{id}", "404404"), "{}")[0]

    for name, status in answers.items():
        [writers] = [writers for kind, writers in WRITERS.items() if name.startswith(f"{kind}_")]
        allowed = who in writers
        assert status in ({400, 404} if allowed else {READERS[who] if READERS[who] != 200 else 403}), (name, status)


def test_a_permission_taken_away_is_gone_at_once(db):
    user = UserFactory(role=Role.ACCOUNTANT)
    program = Program(user)
    assert program.get("items")[0] == 200

    user.groups.clear()

    assert program.get("items")[0] == 403


# What it says of itself


def test_every_service_has_a_name_a_group_and_words():
    for name, (_method, _path, operation) in OPERATIONS.items():
        assert operation["summary"], name
        assert [tag for tag in operation["tags"] if tag.startswith("back office: ")] == operation["tags"], name
        assert operation["security"] == [{"person": []}, {"cookieAuth": []}], name


def test_every_service_says_what_it_refuses_with():
    for name, (_method, _path, operation) in OPERATIONS.items():
        refused = {status: body for status, body in operation["responses"].items() if status >= "400"}
        assert {"400", "401", "403", "429", "503"} <= set(refused), name
        for status, body in refused.items():
            assert json_of(body)["schema"] == {"$ref": "#/components/schemas/Errors"}, (name, status)
            assert json_of(body)["examples"], (name, status)


def test_every_success_and_every_body_has_an_example_that_fits():
    for name, (_method, _path, operation) in OPERATIONS.items():
        shown = [body for status, body in operation["responses"].items() if status < "300" and status != "204"]
        shown += [operation["requestBody"]] if "requestBody" in operation else []
        for body in map(json_of, shown):
            assert body["examples"], name
            for example in body["examples"].values():
                assert errors_of(body["schema"], example["value"]) == [], (name, example)


def test_every_parameter_says_what_it_means():
    for name, (_method, _path, operation) in OPERATIONS.items():
        for parameter in operation["parameters"]:
            assert parameter.get("description") or parameter["in"] == "path", (name, parameter["name"])


def test_every_refusal_is_described_once_and_by_words():
    for code, refusal in REFUSALS.items():
        assert re.fullmatch(r"[a-z_]+", code)
        assert refusal.detail.endswith((".", ")", "available.")) or "char 0" in refusal.detail


def test_registers_do_not_see_this_part_of_the_service(db):
    assert Client().get("/kkm/v1/items").status_code == 404
