"""Discount cards over HTTP, through the views and through the express till."""

import json
import logging

import pytest

from config.settings.logs import mask
from exchange.api.throttles import CardThrottle, missed_cards
from retail.models import Constants
from tests.factories.billing import DiscountCardFactory
from tests.factories.retail import SkuFactory
from tests.messages import line, sale

pytestmark = pytest.mark.django_db
CARD = "2000000000015"
AT = "2026-11-20T10:15:30+03:00"


@pytest.fixture(autouse=True)
def _on():
    Constants.objects.update(discount_cards=True, online_registers=True)
    for buckets in (missed_cards, CardThrottle.buckets):
        buckets.clear()


def operate(till, number=CARD, **asked):
    asked = {"uid": "a", "kind": "accrue", "bonuses": "10.00", "occurred_at": AT, **asked}
    return till.call("post", f"cards/{number}/operations", json.dumps(asked))


def code_of(answer):
    status, content = answer
    return status, content["errors"][0]["code"], content["errors"][0]["attr"]


def test_a_card_is_shown_operated_and_its_operation_found(till):
    DiscountCardFactory(number=CARD)

    status, first = operate(till)
    _status, again = operate(till)

    assert (status, first["bonuses"]["available"], first["duplicate"]) == (200, "10.00", False)
    assert again == {**first, "duplicate": True}
    assert till.get(f"cards/{CARD}")[1]["bonuses"]["available"] == "10.00"
    assert till.get("operations/a") == (200, {key: value for key, value in first.items() if key != "duplicate"})


def test_refusals_have_their_codes(till, second_till):
    DiscountCardFactory(number=CARD)
    operate(till)

    assert code_of(operate(till, uid="r", kind="redeem", bonuses="11")) == (409, "not_enough_bonuses", "bonuses")
    assert code_of(operate(till, bonuses="11")) == (409, "uid_reused", "uid")
    assert code_of(operate(till, number="404")) == (404, "unknown_card", None)
    assert code_of(second_till.get("operations/a")) == (404, "unknown_operation", None)
    assert code_of(till.get("cards/404")) == (404, "unknown_card", None)
    Constants.objects.update(online_registers=False)
    assert code_of(till.get(f"cards/{CARD}")) == (409, "online_registers_disabled", None)
    Constants.objects.update(discount_cards=False)
    assert code_of(operate(till, uid="b")) == (409, "discount_cards_disabled", None)


@pytest.mark.parametrize(
    ("asked", "attr"),
    [
        ({"occurred_at": "2026-11-20T10:15:30"}, "occurred_at"),
        ({"bonuses": "1_0"}, "bonuses"),
        ({"turnover": "x"}, "turnover"),
        ({"receipts": "x"}, "receipts"),
        ({"uid": None}, "uid"),
        ({"kind": "correct"}, "kind"),
    ],
)
def test_nonsense_is_refused_by_its_field(till, asked, attr):
    DiscountCardFactory(number=CARD)

    assert code_of(operate(till, **asked)) == (400, "not_an_operation", attr)


def test_what_may_be_left_out_may_be_null(till):
    DiscountCardFactory(number=CARD)
    empty = dict.fromkeys(["turnover", "receipts", "receipt_uid", "promotion", "of"])

    assert operate(till, **empty)[0] == 200


def test_whoever_tries_numbers_is_stopped_and_a_hit_does_not_stand_out(till, second_till):
    DiscountCardFactory(number=CARD)

    answers = [till.get(f"cards/{number}")[0] for number in range(40)]

    assert answers == [404] * 30 + [429] * 10
    assert till.get(f"cards/{CARD}")[0] == 429
    assert second_till.get(f"cards/{CARD}")[0] == 200


def test_numbers_of_cards_are_masked_in_logs(till, caplog):
    caplog.set_level(logging.INFO)
    till.get(f"cards/{CARD}")

    masked = [mask(None, "", f"{record.getMessage()} {record.__dict__}") for record in caplog.records]

    assert not any(CARD in line for line in masked)
    assert any("cards/…0015" in line for line in masked)


def test_lines_of_others_that_name_a_card_are_masked():
    assert mask(None, "", f"Broken: /kkm/v1/cards/{CARD}/operations") == "Broken: /kkm/v1/cards/…0015/operations"


def test_a_track_with_spaces_is_masked_to_its_end(till, caplog):
    caplog.set_level(logging.INFO)
    till.get(f"cards/B{CARD}%5EIVANOV%20ANNA%20{CARD}%5E")

    masked = [mask(None, "", f"{record.getMessage()} {record.__dict__}") for record in caplog.records]

    assert not any(word in line for line in masked for word in (CARD, "IVANOV", "ANNA"))
    assert any("cards/…015^" in line for line in masked)


def test_what_an_upload_tells_of_cards_is_applied_at_once(till):
    DiscountCardFactory(number=CARD)
    SkuFactory(code="10001")
    operate(till)

    told = sale(1, line("10001"), receipt={"card": CARD}, billing=[{"uid": "a", "kind": "accrue", "bonuses": "10.00"}])
    told["billing"].append({"uid": "b", "kind": "redeem", "bonuses": "3.00"})
    status, answer = till.tell(told)

    assert (status, answer["results"][0]["status"]) == (200, "accepted")
    assert till.get(f"cards/{CARD}")[1]["bonuses"]["available"] == "7.00"
