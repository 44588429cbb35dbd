import pytest

from tests.factories.registers import RegisterFactory
from tests.factories.retail import (
    BarcodeFactory,
    CharacteristicFactory,
    CounterpartyFactory,
    ItemFactory,
    ItemGroupFactory,
    OrganizationFactory,
    PackFactory,
    ShopFactory,
    SkuFactory,
    WarehouseFactory,
)
from tests.retail.programs import Program, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return Program()


def ids(rows):
    return [row["id"] for row in rows]


def test_an_item_is_told_with_the_codes_of_its_unit_and_rate(program):
    group = ItemGroupFactory()
    item = ItemFactory(group=group, article="M-32")

    status, told = program.get(f"items/{item.pk}")

    assert status == 200
    assert told == {
        "id": item.pk, "name": item.name, "full_name": "", "article": "M-32", "group": group.pk, "kind": "goods",
        "unit": "796", "vat": "22", "weighed": False, "marking": "", "withdrawn": False,
    }  # fmt: skip


def test_a_group_brings_what_is_below_it(program):
    food = ItemGroupFactory()
    milk = ItemGroupFactory(parent=food)
    deep = ItemFactory(group=ItemGroupFactory(parent=milk))
    ItemFactory(group=ItemGroupFactory())

    assert ids(program.rows(f"items?group={food.pk}")) == [deep.pk]
    assert ids(program.rows("items?group=404404")) == []
    assert len(program.rows(f"item-groups?under={food.pk}")) == 3


def test_a_sku_is_found_by_code_barcode_and_words(program):
    sku = SkuFactory(code="10001", item__name="Молоко Простоквашино")
    value = BarcodeFactory(sku=sku).value
    BarcodeFactory(sku=sku)
    SkuFactory()

    for asked in (
        "code=10001",
        f"barcode={value}",
        "search=простоквашино молоко",
        "search=1000",
        f"item={sku.item_id}",
    ):
        [found] = program.rows(f"skus?{asked}")
        assert found["code"] == "10001"
        assert len(found["barcodes"]) == 2


def test_several_are_named_with_commas(program):
    first, second, _third = (SkuFactory() for _ in range(3))

    assert ids(program.rows(f"skus?code={first.code},{second.code}")) == [first.pk, second.pk]


def test_only_the_asked_fields_are_told(program):
    SkuFactory(code="10001", barcoded=True)

    assert program.rows("skus?fields=code") == [{"code": "10001"}]
    assert refusal(program.get("skus?fields=code,secret")) == (400, "invalid", "fields")


def test_pages_hold_every_row_once_in_order(program):
    names = sorted(ItemFactory(name=name).name for name in ("Б", "А", "А", "В", "А", "Г"))

    assert [row["name"] for row in program.every("items?ordering=name&limit=2")] == names
    assert [row["name"] for row in program.every("items?ordering=-name&limit=2")] == names[::-1]


def test_rows_that_come_while_one_leafs_disturb_nothing(program):
    first, _second, third = (ItemFactory(name=name) for name in "БГЕ")
    _status, page = program.get("items?ordering=name&limit=2")
    ItemFactory(name="А")
    first.delete()

    _status, rest = program.get(f"items?ordering=name&limit=2&cursor={page['next']}")

    assert ids(rest["results"]) == [third.pk]
    assert rest["next"] is None


def test_a_cursor_brings_its_ordering_along(program):
    for name in "БАВ":
        ItemFactory(name=name)
    _status, page = program.get("items?ordering=-name&limit=1")

    assert [row["name"] for row in program.rows(f"items?cursor={page['next']}")] == ["Б", "А"]
    assert refusal(program.get(f"items?cursor={page['next']}&ordering=id")) == (400, "invalid", "cursor")


def test_a_page_holds_no_more_than_the_limit(program):
    assert refusal(program.get("items?limit=501")) == (400, "invalid", "limit")
    assert refusal(program.get("items?limit=0")) == (400, "invalid", "limit")


def test_a_misspelt_filter_is_refused_and_not_passed_over(program):
    assert refusal(program.get("items?serach=x")) == (400, "unknown_parameter", "serach")
    assert refusal(program.get("items?weighed=maybe")) == (400, "invalid", "weighed")
    assert refusal(program.get("items?kind=goods,nonsense")) == (400, "invalid", "kind")


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("organizations", OrganizationFactory),
        ("shops", ShopFactory),
        ("warehouses", WarehouseFactory),
        ("counterparties", CounterpartyFactory),
        ("characteristics", CharacteristicFactory),
        ("packs", PackFactory),
    ],
)
def test_places_and_variants_are_listed_and_read(program, path, make):
    made = make()

    assert made.pk in ids(program.rows(path))
    assert program.get(f"{path}/{made.pk}")[1]["name"] == made.name


def test_a_company_is_found_by_its_inn(program):
    supplier = CounterpartyFactory()
    CounterpartyFactory()

    assert ids(program.rows(f"counterparties?inn={supplier.inn}")) == [supplier.pk]


def test_what_is_not_there_is_404_in_the_one_shape(program):
    RegisterFactory()

    assert refusal(program.get("items/404404404")) == (404, "not_found", None)
    assert refusal(program.get("items/99999999999999999999999")) == (404, "not_found", None)
    assert refusal(program.get("nowhere")) == (404, "not_found", None)
    assert refusal(program.call("delete", "items/1")) == (405, "method_not_allowed", None)
