"""Every list of reference opens, searches and filters in a number of queries that its length does not change."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retail.choices import Role
from tests.factories.people import UserFactory
from tests.factories.retail import (
    BarcodeFactory,
    CharacteristicFactory,
    CounterpartyFactory,
    ItemFactory,
    ItemGroupFactory,
    OrganizationFactory,
    PriceFactory,
    PriceTypeFactory,
    ShopFactory,
    SkuFactory,
    WarehouseFactory,
)
from tests.retail.admin import page, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_russian")]

MAKERS = {
    "retail_organization": OrganizationFactory,
    "retail_counterparty": CounterpartyFactory,
    "retail_shop": ShopFactory,
    "retail_warehouse": WarehouseFactory,
    "retail_itemgroup": lambda: ItemGroupFactory(parent=ItemGroupFactory()),
    "retail_item": lambda: SkuFactory(item__group=ItemGroupFactory(), barcoded=True),
    "retail_sku": lambda: SkuFactory(item__group=ItemGroupFactory(), barcoded=True, priced=True),
    "retail_barcode": BarcodeFactory,
    "retail_price": PriceFactory,
    "retail_pricetype": PriceTypeFactory,
    "retail_unit": lambda: None,
    "retail_vatrate": lambda: None,
    "auth_user": lambda: UserFactory(role=Role.ACCOUNTANT),
    "auth_group": lambda: None,
    "django_celery_beat_periodictask": lambda: None,
}


def _queries(client, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", MAKERS)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(name):
    client = signed_in()
    url = page(f"{name}_changelist")
    for _ in range(2):
        MAKERS[name]()
    client.get(url)
    few = _queries(client, url)

    for _ in range(8):
        MAKERS[name]()

    assert _queries(client, url) == few
    assert few <= 12


@pytest.mark.parametrize("name", MAKERS)
def test_a_list_sorts_by_every_column_it_offers_and_finds_nothing_by_nonsense(name):
    client = signed_in()
    MAKERS[name]()

    for column in range(1, 10):
        assert client.get(page(f"{name}_changelist"), {"o": f"-{column}"}).status_code == 200
    assert client.get(page(f"{name}_changelist"), {"q": "нет такого \x00"}).status_code == 200


def _found(name, **query):
    response = signed_in().get(page(f"{name}_changelist"), query)
    return [str(row) for row in response.context["cl"].result_list]


@pytest.mark.parametrize(
    "text", ["ФУТБОЛ", "футболка синяя", "синяя футб", "ts-9", "1000", "46000000", "4600000000015"]
)
@pytest.mark.parametrize("name", ["retail_sku", "retail_item", "retail_barcode", "retail_price"])
def test_goods_are_found_by_code_barcode_article_and_words_in_any_case(name, text):
    sku = SkuFactory(code="10001", item__name="Футболка синяя", item__article="TS-99", priced=True)
    BarcodeFactory(sku=sku, value="4600000000015")
    SkuFactory(barcoded=True, priced=True, barcode__value="OTHER")

    assert len(_found(name, q=text)) == 1


def test_an_item_without_a_sku_is_found_too():
    ItemFactory(name="Носки", article="N-1")

    assert _found("retail_item", q="носк") == _found("retail_item", q="N-1") == ["Носки"]


def test_a_group_is_shown_with_all_below_it():
    food = ItemGroupFactory(name="Еда")
    milk = ItemGroupFactory(name="Молоко", parent=food)
    SkuFactory(item__name="Кефир", item__group=milk)
    SkuFactory(item__name="Гвоздь")

    assert _found("retail_item", group=str(food.pk)) == ["Кефир"]
    assert len(_found("retail_sku", group=str(food.pk))) == 1
    assert len(_found("retail_sku", group="nonsense")) == 2


def test_groups_stand_as_a_tree():
    tools = ItemGroupFactory(name="Б")
    food = ItemGroupFactory(name="А")
    ItemGroupFactory(name="В", parent=food)

    assert _found("retail_itemgroup") == ["А", "В", "Б"]
    assert tools.pk


def test_skus_are_told_apart_by_sale_and_by_what_they_lack():
    SkuFactory(code="sold", barcoded=True, priced=True)
    SkuFactory(code="withdrawn", withdrawn=True, barcoded=True)
    SkuFactory(code="bare", priced=True)

    def codes(**query):
        return {text.split()[0] for text in _found("retail_sku", **query)}

    assert codes(sale="on") == {"sold", "bare"}
    assert codes(sale="off") == {"withdrawn"}
    assert codes(lacking="barcode") == {"bare"}
    assert codes(lacking="price") == {"withdrawn"}


def test_prices_are_told_apart_by_state(price_history):
    assert _found("retail_price", state="past") == ["1.00"]
    assert _found("retail_price", state="in_force") == ["2.00"]
    assert _found("retail_price", state="ahead") == ["3.00"]


def test_the_list_of_skus_shows_the_prices_in_force(price_history):
    response = signed_in().get(page("retail_sku_changelist"))

    assert "2,00 (Город)" in response.content.decode()
    assert "3,00" not in response.content.decode()


def test_the_sku_of_a_price_is_chosen_by_typing_its_code():
    SkuFactory(code="10001", item__name="Футболка")
    asked = {"app_label": "retail", "model_name": "price", "field_name": "sku", "term": "футб"}

    answer = signed_in().get(page("autocomplete"), asked).json()

    assert [row["text"] for row in answer["results"]] == ["10001 Футболка"]


def test_an_items_page_takes_the_same_number_of_queries_for_many_skus():
    client = signed_in()
    item = ItemFactory()

    def add():
        SkuFactory(item=item, barcoded=True, characteristic=CharacteristicFactory(item=item))

    add()
    add()
    url = page("retail_item_change", item.pk)
    client.get(url)
    few = _queries(client, url)
    for _ in range(5):
        add()

    assert _queries(client, url) == few
