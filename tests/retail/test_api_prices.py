from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from retail.models import Price
from tests.factories.retail import ItemFactory, ItemGroupFactory, PriceFactory, PriceTypeFactory, SkuFactory
from tests.retail.programs import Program, refusal

pytestmark = pytest.mark.django_db

TOMORROW = (timezone.now() + timedelta(days=1)).replace(microsecond=0)


@pytest.fixture
def program():
    return Program()


@pytest.fixture
def retail():
    return PriceTypeFactory(name="Розничная")


def ask(sku, price_type, amount, **fields):
    return {"sku": sku.code, "price_type": price_type.pk, "amount": amount, **fields}


def test_prices_are_set_from_now_and_from_a_moment(program, retail):
    milk, bread = SkuFactory(), SkuFactory()
    asked = [ask(milk, retail, "99.90"), ask(bread, retail, "45", valid_from=TOMORROW.isoformat())]

    status, answer = program.post("prices", {"prices": asked})

    assert status == 201, answer
    assert [(row["sku"], row["amount"]) for row in answer["prices"]] == [(milk.code, "99.90"), (bread.code, "45.00")]
    assert Price.objects.get(sku=bread).valid_from == TOMORROW
    assert Price.objects.in_force(at=timezone.now()).get().sku == milk


def test_a_price_that_holds_already_is_not_written_again(program, retail):
    known = PriceFactory(price_type=retail, amount="99.90")

    status, answer = program.post("prices", {"prices": [ask(known.sku, retail, "99.9")]})

    assert status == 201
    assert answer["prices"][0]["id"] == known.pk
    assert Price.objects.count() == 1


def test_a_price_that_is_ahead_is_changed(program, retail):
    ahead = PriceFactory(price_type=retail, valid_from=TOMORROW, amount=5)

    status, answer = program.post("prices", {"prices": [ask(ahead.sku, retail, "6", valid_from=TOMORROW.isoformat())]})

    assert status == 201
    assert answer["prices"][0]["id"] == ahead.pk
    assert Price.objects.get().amount == 6


def test_history_is_not_rewritten_and_nothing_of_the_list_is_set(program, retail):
    begun = PriceFactory(price_type=retail, valid_from=timezone.now() - timedelta(days=1))
    earlier = (begun.valid_from - timedelta(days=1)).isoformat()
    asked = [ask(SkuFactory(), retail, "5"), ask(begun.sku, retail, "7", valid_from=earlier)]

    assert refusal(program.post("prices", {"prices": asked})) == (409, "price_has_begun", "prices.1.valid_from")
    assert Price.objects.count() == 1


def test_a_price_named_twice_is_refused(program, retail):
    asked = [ask(SkuFactory(), retail, "5")] * 2

    assert refusal(program.post("prices", {"prices": asked})) == (409, "price_named_twice", "prices.1.valid_from")


def test_what_is_not_known_is_named_by_its_row(program, retail):
    sku = SkuFactory()
    asked = [ask(sku, retail, "5"), {**ask(sku, retail, "5"), "sku": "404"}]

    assert refusal(program.post("prices", {"prices": asked})) == (400, "unknown", "prices.1.sku")
    asked[1] = {**ask(sku, retail, "5"), "price_type": 404404}
    assert refusal(program.post("prices", {"prices": asked})) == (400, "unknown", "prices.1.price_type")


def test_statements_do_not_grow_with_prices(program, retail):
    def count(number):
        asked = [ask(SkuFactory(), retail, "5") for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            assert program.post("prices", {"prices": asked})[0] == 201
        return len(queries)

    count(1)

    assert count(2) == count(40)


def test_a_price_that_is_ahead_is_taken_back_and_one_that_has_begun_stays(program, retail):
    ahead, begun = PriceFactory(price_type=retail, valid_from=TOMORROW), PriceFactory(price_type=retail)

    assert program.call("delete", f"prices/{ahead.pk}")[0] == 204
    assert refusal(program.call("delete", f"prices/{begun.pk}"))[:2] == (409, "price_has_begun")
    assert refusal(program.call("delete", f"prices/{ahead.pk}"))[:2] == (404, "not_found")


def test_prices_in_force_are_told_from_the_others(program, retail, price_history):
    past, now, ahead = price_history

    assert [row["id"] for row in program.rows("prices?in_force=true")] == [now.pk]
    assert [row["id"] for row in program.rows("prices?in_force=false")] == [past.pk, ahead.pk]


def test_prices_are_found_by_group_sku_and_period(program, retail):
    group = ItemGroupFactory()
    sku = SkuFactory(item=ItemFactory(group=group))
    price = PriceFactory(sku=sku, valid_from=TOMORROW)
    PriceFactory()
    day = timezone.localdate(TOMORROW)

    for asked in (
        f"group={group.pk}", f"sku={sku.code}", f"since={day}", f"since={day}&until={day}", f"search={sku.code}"
    ):  # fmt: skip
        assert [row["id"] for row in program.rows(f"prices?{asked}")] == [price.pk], asked
