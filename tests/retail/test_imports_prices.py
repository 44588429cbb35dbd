from datetime import timedelta

import pytest

from retail.models import Price, Sku
from tests.factories.retail import BarcodeFactory, PriceFactory, PriceTypeFactory, SkuFactory
from tests.retail.files import NOW, actions, problems, take_in

pytestmark = pytest.mark.django_db

HEADER = ["sku", "barcode", "price_type", "price", "valid_from"]


@pytest.fixture
def sku():
    return SkuFactory(code="1")


@pytest.fixture(autouse=True)
def retail():
    return PriceTypeFactory(name="Розничная")


def test_a_price_begins_with_the_import_where_no_moment_is_given(sku, retail):
    outcomes = take_in("prices", ["sku", "price"], ["1", "99,90"])

    price = Price.objects.get()
    assert actions(outcomes) == ["new"]
    assert (price.sku, price.price_type, str(price.amount), price.valid_from) == (sku, retail, "99.90", NOW)


def test_a_sku_is_known_by_its_barcode_where_no_code_is_given(sku):
    BarcodeFactory(sku=sku, value="4600000000015")

    take_in("prices", ["barcode", "price"], ["4600000000015", "5"])

    assert Price.objects.get().sku == sku


def test_a_whole_price_list_sent_again_stamps_nothing(sku):
    take_in("prices", ["sku", "price"], ["1", "99,90"])
    revision = Sku.objects.get().revision

    outcomes = take_in("prices", ["sku", "price"], ["1", "99.9"], now=NOW + timedelta(days=1))

    assert actions(outcomes) == ["same"]
    assert Sku.objects.get().revision == revision


def test_a_price_ahead_is_changed_and_one_that_has_begun_is_not(sku, retail):
    PriceFactory(sku=sku, price_type=retail, valid_from=NOW - timedelta(days=1), amount=10)
    ahead = PriceFactory(sku=sku, price_type=retail, valid_from=NOW + timedelta(days=1), amount=20)

    outcomes = take_in(
        "prices",
        HEADER,
        ["1", "", "розничная", "21", "21.11.2026 15:00"],
        ["1", "", "", "11", "19.11.2026 15:00"],
        ["1", "", "", "11", "18.11.2026"],
        ["1", "", "", "12", ""],
    )

    ahead.refresh_from_db()
    assert actions(outcomes) == ["changed", "faulty", "faulty", "new"]
    assert ahead.amount == 21
    assert [price.amount for price in Price.objects.in_force(at=NOW)] == [12]


def test_history_may_be_repeated(sku, retail):
    for days, amount in ((3, 10), (2, 20), (1, 30)):
        PriceFactory(sku=sku, price_type=retail, valid_from=NOW - timedelta(days=days), amount=amount)

    outcomes = take_in(
        "prices", HEADER, ["1", "", "", "10", "17.11.2026 15:00"], ["1", "", "", "20", "18.11.2026 15:00"],
    )  # fmt: skip

    assert actions(outcomes) == ["same", "same"]


def test_a_price_may_begin_in_the_past_where_there_was_none(sku):
    assert actions(take_in("prices", HEADER, ["1", "", "", "10", "01.01.2026"])) == ["new"]


def test_of_two_prices_at_one_moment_the_second_is_refused(sku):
    outcomes = take_in("prices", HEADER, ["1", "", "", "10", ""], ["1", "", "", "11", ""])

    assert actions(outcomes) == ["new", "faulty"]
    assert Price.objects.get().amount == 10


def test_zero_is_a_price(sku):
    take_in("prices", HEADER, ["1", "", "", "0", ""])

    assert Price.objects.get().amount == 0


@pytest.mark.parametrize(
    "row",
    [
        ["404", "", "", "5", ""],
        ["", "404", "", "5", ""],
        ["", "", "", "5", ""],
        ["1", "", "Wholesale", "5", ""],
        ["1", "", "", "", ""],
        ["1", "", "", "-5", ""],
        ["1", "", "", "five", ""],
        ["1", "", "", "5", "tomorrow"],
        ["", "4600000000016", "", "5", ""],
    ],
)
def test_a_faulty_row_is_left_out_and_the_others_go_in(sku, row):
    outcomes = take_in("prices", HEADER, row, ["1", "", "", "7", ""])

    assert actions(outcomes) == ["faulty", "new"]
    assert len(problems(outcomes)) == 1


def test_the_price_type_must_be_named_where_there_are_several(sku):
    PriceTypeFactory(name="Оптовая")

    outcomes = take_in("prices", HEADER, ["1", "", "", "5", ""], ["1", "", "Оптовая", "5", ""])

    assert actions(outcomes) == ["faulty", "new"]


def test_a_check_writes_nothing(sku):
    assert actions(take_in("prices", HEADER, ["1", "", "", "5", ""], dry_run=True)) == ["new"]
    assert not Price.objects.exists()


def test_a_chunk_takes_the_same_number_of_queries_whatever_its_length(django_assert_max_num_queries):
    skus = SkuFactory.create_batch(30)

    with django_assert_max_num_queries(16):
        take_in("prices", HEADER, *[[sku.code, "", "", "5", ""] for sku in skus])

    assert Price.objects.count() == 30
