from datetime import UTC, datetime

import pytest

from retail.models import Constants, Item, ItemGroup, Sku
from retail.services import groups, imports
from tests.factories.retail import CharacteristicFactory, ItemFactory, ItemGroupFactory, PackFactory, SkuFactory
from tests.retail.files import NOW, actions, problems, take_in, workbook

pytestmark = pytest.mark.django_db

HEADER = ["sku", "name", "article", "vat_rate"]


def test_a_new_row_makes_an_item_with_all_that_is_said_of_it():
    header = [
        *HEADER, "full_name", "group", "characteristic", "unit", "kind", "weighed", "marking", "plu", "withdrawn"
    ]  # fmt: skip
    row = [
        "",
        "Сыр",
        "CH-1",
        "НДС 10%",
        "Сыр весовой",
        "Еда / Сыры",
        "45 %",
        "кг.",
        "товар",
        "да",
        "dairy",
        "77",
        "yes",
    ]

    outcomes = take_in("items", header, row)

    assert actions(outcomes) == ["new"]
    sku = Sku.objects.select_related("item__unit", "item__vat_rate", "characteristic").get()
    item = sku.item
    assert sku.code.isdigit()
    assert (sku.plu, sku.withdrawn, str(sku.characteristic), sku.name) == (77, True, "45 %", "Сыр, 45 %")
    assert (item.name, item.full_name, item.article) == ("Сыр", "Сыр весовой", "CH-1")
    assert (item.unit.code, item.vat_rate.code, item.kind) == ("166", "10", "goods")
    assert (item.weighed, item.marking) == (True, "dairy")
    assert groups.paths()[item.group_id] == "Еда / Сыры"


@pytest.mark.parametrize(("weighed", "unit"), [("", "796"), ("да", "166")])
def test_without_a_unit_an_item_is_counted_in_pieces_or_kilograms(weighed, unit):
    take_in("items", [*HEADER, "weighed"], ["1", "Сыр", "", "22", weighed])

    assert Item.objects.get().unit.code == unit


@pytest.mark.parametrize("vat", ["22", "22%", "НДС 22 %", "22,0", "vat 22"])
def test_a_rate_is_known_however_it_is_written(vat):
    take_in("items", HEADER, ["1", "Сыр", "", vat])

    assert Item.objects.get().vat_rate.code == "22"


def test_a_percentage_of_excel_is_a_rate():
    source = imports.read(kind="items", file=workbook(HEADER, ["1", "Сыр", "", 0.22]))

    list(source.run(now=NOW, file_name="goods.csv"))

    assert Item.objects.get().vat_rate.code == "22"


@pytest.mark.parametrize(
    ("column", "value"),
    [("unit", "ведро"), ("marking", "cheese"), ("kind", "x"), ("group", "Еда /  / Сыры"), ("group", "x" * 151)],
)
def test_what_names_nothing_is_refused(column, value):
    outcomes = take_in("items", [*HEADER, column], ["1", "Сыр", "", "22", value])

    assert actions(outcomes) == ["faulty"]
    assert len(problems(outcomes)) == 1


@pytest.mark.parametrize("vat", ["без НДС", "none", "Без"])
def test_without_vat_is_a_rate(vat):
    take_in("items", HEADER, ["1", "Сыр", "", vat])

    assert Item.objects.get().vat_rate.code == "none"


def test_a_rate_is_only_taken_while_it_is_in_force():
    now = datetime(2025, 12, 31, 20, 59, tzinfo=UTC)

    before = take_in("items", HEADER, ["1", "Сыр", "", "20"], now=now)
    after = take_in("items", HEADER, ["2", "Сыр 2", "", "20"], now=datetime(2025, 12, 31, 21, tzinfo=UTC))
    too_early = take_in("items", HEADER, ["3", "Сыр 3", "", "22"], now=now)

    assert actions(before) == ["new"]
    assert actions(after) == actions(too_early) == ["faulty"]
    assert "2026" in problems(after)[0]


def test_the_same_file_again_changes_nothing():
    rows = [HEADER, ["1", "Сыр", "CH-1", "22"], ["", "Молоко", "ML-1", "10"], ["", "Хлеб", "", "10"]]
    take_in("items", *rows)
    before = list(Sku.objects.values_list("pk", "revision"))

    assert actions(take_in("items", *rows)) == ["same", "same", "same"]
    assert list(Sku.objects.values_list("pk", "revision")) == before


def test_a_row_changes_what_it_says_and_leaves_what_it_does_not():
    sku = SkuFactory(code="1", item__article="A-1", item__full_name="Kept", plu=5)

    outcomes = take_in("items", ["sku", "name", "full_name", "plu"], ["1", "Renamed", "", "6"])

    sku.refresh_from_db()
    sku.item.refresh_from_db()
    assert actions(outcomes) == ["changed"]
    assert [(change.old != "", change.new) for change in outcomes[0].changes] == [(True, "Renamed"), (True, "6")]
    assert (sku.item.name, sku.item.full_name, sku.item.article, sku.plu) == ("Renamed", "Kept", "A-1", 6)
    assert sku.name == "Renamed"


def test_rows_of_one_article_are_one_item_of_several_characteristics():
    header = [*HEADER, "characteristic"]
    rows = [["", "Футболка", "TS-1", "22", size] for size in ("S", "M", "L")]

    take_in("items", header, *rows)

    assert Item.objects.count() == 1
    assert sorted(str(sku.characteristic) for sku in Sku.objects.select_related("characteristic")) == ["L", "M", "S"]


def test_a_known_characteristic_of_the_item_is_taken_and_not_made_again():
    characteristic = CharacteristicFactory(name="M", item__article="TS-1")

    take_in("items", [*HEADER, "characteristic"], ["7", "Футболка", "TS-1", "22", "M"])

    assert Sku.objects.get().characteristic == characteristic


def test_an_item_without_an_article_is_known_by_its_name_and_gets_the_article():
    item = ItemFactory(name="Сыр", article="")
    SkuFactory(item=item, code="1")

    outcomes = take_in("items", HEADER, ["", "Сыр", "CH-1", ""])

    item.refresh_from_db()
    assert actions(outcomes) == ["changed"]
    assert item.article == "CH-1"


def test_an_item_of_the_same_name_under_another_article_is_another_item():
    SkuFactory(item__name="Сыр", item__article="CH-1")

    outcomes = take_in("items", HEADER, ["", "Сыр", "CH-2", "22"])

    assert actions(outcomes) == ["new"]
    assert Item.objects.filter(name="Сыр").count() == 2


def test_a_sku_of_a_pack_is_known_by_its_code_alone():
    item = ItemFactory(article="A-1")
    SkuFactory(code="box", item=item, pack=PackFactory(item=item))

    outcomes = take_in("items", HEADER, ["box", "Renamed", "", ""], ["", "Renamed", "A-1", ""])

    assert actions(outcomes) == ["changed", "new"]
    assert item.skus.count() == 2


def test_groups_are_made_once_and_known_whatever_their_case():
    food = ItemGroupFactory(name="Еда")

    take_in(
        "items",
        [*HEADER, "group"],
        ["1", "Сыр", "", "22", "еда / Сыры / Твёрдые"],
        ["2", "Ёж", "", "22", "ЕДА > сыры"],
        ["3", "Чай", "", "22", "Чай/кофе"],
    )

    assert sorted(groups.paths().values()) == ["Еда", "Еда / Сыры", "Еда / Сыры / Твёрдые", "Чай/кофе"]
    assert food.items.count() == 0


def test_a_faulty_row_makes_no_group():
    take_in("items", [*HEADER, "group"], ["1", "Сыр", "", "33", "Еда"])

    assert not ItemGroup.objects.exists()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["", "", "", "22"], "Name"),
        (["1", "Сыр", "", ""], "VAT rate"),
        (["1", "x" * 201, "", "22"], "Name"),
        (["a b!", "Сыр", "", "22"], "SKU code"),
        (["1", "Сыр\x00", "", "22"], "Name"),
        (["1", "Сыр", "", "33"], "33"),
    ],
)
def test_a_faulty_row_is_told_in_words_and_left_out(row, words, settings):
    settings.LANGUAGE_CODE = "en"

    outcomes = take_in("items", HEADER, row, ["2", "Хлеб", "", "10"])

    assert actions(outcomes) == ["faulty", "new"]
    assert words in " ".join(problems(outcomes))
    assert outcomes[0].number == 2
    assert Item.objects.get().name == "Хлеб"


def test_every_problem_of_a_row_is_told_at_once():
    outcomes = take_in("items", [*HEADER, "weighed", "plu", "unit"], ["1", "Сыр", "", "22", "maybe", "100500", "ведро"])

    assert len(problems(outcomes)) == 2  # A unit is looked up once the cells can be read.


def test_whether_an_item_is_goods_or_a_service_is_chosen_once():
    sku = SkuFactory(item__kind="goods")

    changed = take_in("items", ["sku", "kind"], [sku.code, "услуга"])
    same = take_in("items", ["sku", "kind"], [sku.code, "товар"])

    assert actions(changed) == ["faulty"]
    assert actions(same) == ["same"]
    assert Item.objects.get().kind == "goods"


def test_a_scales_code_of_another_sku_is_refused():
    SkuFactory(code="1", plu=5)

    outcomes = take_in(
        "items", [*HEADER, "plu"], ["2", "Сыр", "", "22", "5"], ["3", "Хлеб", "", "22", "6"], ["4", "Ёж", "", "22", "6"]
    )

    assert actions(outcomes) == ["faulty", "new", "faulty"]


def test_two_items_of_one_article_want_the_sku_code():
    SkuFactory(code="1", item__article="A-1")
    SkuFactory(code="2", item__article="A-1")

    outcomes = take_in("items", HEADER, ["", "X", "A-1", "22"], ["2", "Renamed", "A-1", ""])

    assert actions(outcomes) == ["faulty", "changed"]


def test_an_import_changes_neither_the_code_nor_the_characteristic_of_a_sku():
    item = ItemFactory(article="A-1", name="X")
    SkuFactory(code="1", item=item)

    outcomes = take_in("items", [*HEADER, "characteristic"], ["9", "X", "A-1", "", ""], ["1", "X", "A-1", "", "M"])

    assert actions(outcomes) == ["faulty", "faulty"]
    assert Sku.objects.get().code == "1"


def test_the_same_new_item_twice_is_one_item_and_the_later_row_wins():
    outcomes = take_in(
        "items", HEADER, ["1", "Сыр", "CH-1", "22"], ["1", "Сыр 2", "CH-1", "10"], ["", "Молоко", "M", "10"],
        ["5", "Молоко", "M", "10"],
    )  # fmt: skip

    assert actions(outcomes) == ["new", "changed", "new", "faulty"]
    assert Sku.objects.get(code="1").item.name == "Сыр 2"


def test_without_automatic_codes_a_new_row_needs_one():
    Constants.objects.update(automatic_sku=False)

    outcomes = take_in("items", HEADER, ["", "Сыр", "", "22"], ["1", "Хлеб", "", "10"])

    assert actions(outcomes) == ["faulty", "new"]


def test_a_check_writes_nothing_and_foretells_everything():
    SkuFactory(code="1", item__name="Сыр")
    rows = [[*HEADER, "group"], ["1", "Сыр 2", "", "", "Еда"], ["", "Хлеб", "", "10", "Еда"], ["3", "", "", "", ""]]

    foretold = take_in("items", *rows, dry_run=True)

    assert Item.objects.get().name == "Сыр"
    assert not ItemGroup.objects.exists()
    assert actions(foretold) == actions(take_in("items", *rows)) == ["changed", "new", "faulty"]


def test_a_chunk_takes_the_same_number_of_queries_whatever_its_length(django_assert_max_num_queries):
    rows = [[f"N{number}", f"Товар {number}", f"A-{number}", "22", f"Группа {number % 3}"] for number in range(100)]

    with django_assert_max_num_queries(25):
        assert len(take_in("items", [*HEADER, "group"], *rows)) == 100
    with django_assert_max_num_queries(25):
        assert (
            actions(take_in("items", [*HEADER, "group"], *[[*row[:3], "10", row[4]] for row in rows]))
            == ["changed"] * 100
        )
