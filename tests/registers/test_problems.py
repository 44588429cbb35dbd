"""Problems in words: every code has a sentence, and nothing that is stored can break one."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from registers.services import problems
from registers.services.problems import describe

CODES = re.compile(r"""Problem\(\s*"(\w+)"|'code', '(\w+)'""")


@pytest.fixture(autouse=True)
def _english():
    with override("en"):
        yield


def codes_in_the_sources() -> set[str]:
    found = set()
    for app in ("registers", "stock", "exchange"):
        for path in [*Path(settings.BASE_DIR, app).rglob("*.py"), *Path(settings.BASE_DIR, app).rglob("*.sql")]:
            found |= {code for pair in CODES.findall(path.read_text(encoding="utf-8")) for code in pair if code}
    return found


def test_every_code_that_is_stored_has_a_sentence():
    assert codes_in_the_sources() >= {"unknown_sku", "totals_differ", "unreadable"}
    assert codes_in_the_sources() - set(problems.SENTENCES) == set()


def test_a_sentence_holds_the_numbers_it_speaks_of():
    problem = {
        "code": "unknown_sku",
        "attr": "receipt.lines",
        "params": {"line": "2", "sku": "404", "barcode": "4600000000015"},
    }

    assert describe(problem) == "Line 2: nobody knows SKU “404” or barcode “4600000000015”."


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            {"code": "too_many_decimals", "attr": "receipt.lines.3.price", "params": {"places": "2"}},
            "Line 3, price: more than 2 digits after the point.",
        ),
        (
            {"code": "number_out_of_range", "attr": "receipt.lines.3", "params": {"field": "line"}},
            "Line 3: the number is too large or below zero.",
        ),
        (
            {"code": "number_out_of_range", "attr": "receipt.number", "params": {}},
            "Receipt, number: the number is too large or below zero.",
        ),
        (
            {"code": "number_out_of_range", "attr": "shift", "params": {"field": "shift"}},
            "Shift: the number is too large or below zero.",
        ),
        (
            {"code": "text_too_long", "attr": "receipt.colour", "params": {"limit": "64"}},
            "Receipt.colour: longer than 64 characters.",
        ),
        (
            {"code": "unreadable", "attr": "receipt.lines[...].quantity", "params": {}},
            "Quantity: missing, or not of the kind the contract describes.",
        ),
        (
            {"code": "unreadable", "attr": None, "params": {"path": ""}},
            "The message cannot be read: it is not what the contract describes.",
        ),
    ],
)
def test_a_field_is_named_as_people_know_it(problem, sentence):
    assert describe(problem) == sentence


@pytest.mark.parametrize("code", problems.SENTENCES)
@pytest.mark.parametrize("rest", [{}, {"params": None}, {"params": {}, "attr": None}, {"params": ["x"]}])
def test_missing_parameters_spoil_nothing(code, rest):
    assert describe({"code": code, **rest})


def test_a_code_of_another_release_is_shown_with_what_it_carries():
    assert describe({"code": "new_one", "params": {"line": "2"}}) == "Problem “new_one”. line: 2"


@pytest.mark.parametrize("value", ["100%", "%(line)s", "%s", "{0}"])
def test_signs_of_formatting_in_what_came_stay_signs(value):
    assert f"“{value}”" in describe({"code": "unknown_kind", "params": {"kind": value}})
