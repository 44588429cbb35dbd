from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from retail import tasks
from retail.models import Catalogue, Price, Sku
from retail.services import prices
from tests.factories.retail import PriceFactory, PriceTypeFactory, SkuFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _announced_at_noon():
    Catalogue.objects.update(prices_announced_at=NOON)


def _revision(sku):
    return Sku.objects.get(pk=sku.pk).revision


def test_announce_stamps_the_skus_whose_prices_have_begun_and_no_others():
    begun, ahead, long_begun = SkuFactory.create_batch(3)
    PriceFactory(sku=begun, valid_from=NOON + MINUTE)
    PriceFactory(sku=ahead, valid_from=NOON + 2 * MINUTE)
    PriceFactory(sku=long_begun, valid_from=NOON)
    before = Catalogue.objects.get().revision
    untouched = _revision(ahead), _revision(long_begun)

    assert prices.announce(now=NOON + MINUTE) == 1

    assert _revision(begun) == before + 1 == Catalogue.objects.get().revision
    assert (_revision(ahead), _revision(long_begun)) == untouched


def test_announce_tells_a_sku_once_though_prices_of_two_types_begin():
    sku = SkuFactory()
    PriceFactory.create_batch(2, sku=sku, valid_from=NOON + MINUTE)

    assert prices.announce(now=NOON + MINUTE) == 1
    assert prices.announce(now=NOON + MINUTE) == 0
    assert prices.announce(now=NOON) == 0


def test_announce_takes_the_same_number_of_statements_for_many_prices(django_assert_num_queries):
    for sku in SkuFactory.create_batch(20):
        PriceFactory(sku=sku, valid_from=NOON + MINUTE)

    with django_assert_num_queries(6):  # Two of them the savepoint that is a transaction outside tests.
        assert prices.announce(now=NOON + MINUTE) == 20


def test_announce_does_not_tell_of_withdrawn_skus():
    sku = SkuFactory(withdrawn=True)
    PriceFactory(sku=sku, valid_from=NOON + MINUTE)
    before = _revision(sku)

    prices.announce(now=NOON + MINUTE)

    assert _revision(sku) == before


def test_the_task_announces_up_to_the_present_moment():
    PriceFactory(valid_from=timezone.now() - MINUTE)

    tasks.prices_announce.delay()

    assert Catalogue.objects.get().prices_announced_at > timezone.now() - MINUTE


def test_in_force_is_the_latest_begun_price_of_each_type():
    sku, city, region = SkuFactory(), PriceTypeFactory(), PriceTypeFactory()
    PriceFactory(sku=sku, price_type=city, valid_from=NOON - MINUTE, amount=1)
    PriceFactory(sku=sku, price_type=city, valid_from=NOON, amount=2)
    PriceFactory(sku=sku, price_type=city, valid_from=NOON + MINUTE, amount=3)
    PriceFactory(sku=sku, price_type=region, valid_from=NOON - MINUTE, amount=4)

    in_force = Price.objects.in_force(at=NOON)

    assert {(price.price_type, price.amount) for price in in_force} == {(city, 2), (region, 4)}


def test_a_price_that_has_begun_is_neither_changed_nor_deleted():
    ahead, begun = PriceFactory(valid_from=NOON + MINUTE), PriceFactory(valid_from=NOON)

    prices.check_can_change(price=ahead, now=NOON)

    with pytest.raises(prices.PriceHasBegun, match="set 0"):
        prices.check_can_change(price=begun, now=NOON)


def test_a_new_price_does_not_begin_before_the_one_in_force():
    begun = PriceFactory(valid_from=NOON)
    other_type = PriceTypeFactory()

    def price(moment, price_type=begun.price_type):
        return Price(sku=begun.sku, price_type=price_type, valid_from=moment, amount=1)

    prices.check_can_begin(price=price(NOON + MINUTE), now=NOON + MINUTE)
    prices.check_can_begin(price=price(NOON + 2 * MINUTE), now=NOON)
    prices.check_can_begin(price=price(NOON - MINUTE, other_type), now=NOON)

    with pytest.raises(prices.PriceHasBegun, match="later moment"):
        prices.check_can_begin(price=price(NOON - MINUTE), now=NOON + MINUTE)
