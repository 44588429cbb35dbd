"""Lines of a count: filled, scanned, decided upon and taken from files."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retail.fields import gs1_check_digit
from retail.services.imports import UnreadableFile
from retail.services.skus import UnknownSku
from stock.services import count_files, count_lines, documents
from tests.factories.retail import BarcodeFactory, ItemFactory, ItemGroupFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory
from tests.stock.conftest import supply
from tests.stock.counting import COUNTED, count, post

pytestmark = pytest.mark.django_db


def counted(draft) -> dict:
    return dict(draft.count_lines.values_list("sku__code", "counted"))


def workbook(*rows) -> BytesIO:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return file


def test_a_count_is_filled_with_what_the_books_have():
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    supply(warehouse, {bread: 3})
    BalanceFactory(warehouse=warehouse, sku=beer, on_hand=0, sold=1)
    BalanceFactory(warehouse=warehouse, sku=SkuFactory(), on_hand=0)
    BalanceFactory(warehouse=warehouse, sku=SkuFactory(item=ItemFactory(kind="service")))
    BalanceFactory()
    draft = count(warehouse, {bread: 2}, at=COUNTED + timedelta(hours=3))

    added = count_lines.fill(count=draft)

    assert added == 1
    assert counted(draft) == {bread.code: 2, beer.code: None}
    assert list(draft.count_lines.order_by("line").values_list("line", "expected")) == [(1, 3), (2, -1)]
    assert count_lines.fill(count=draft) == 0


def test_a_count_is_filled_with_a_group_and_those_under_it():
    warehouse, food = WarehouseFactory(), ItemGroupFactory()
    milk = SkuFactory(item__group=ItemGroupFactory(parent=food))
    for sku in (milk, SkuFactory(item__group=ItemGroupFactory()), SkuFactory()):
        BalanceFactory(warehouse=warehouse, sku=sku)
    draft = count(warehouse, {})

    count_lines.fill(count=draft, group=food)

    assert list(counted(draft)) == [milk.code]


def test_filling_costs_the_same_statements_whatever_the_number_of_goods():
    drafts = []
    for goods in (2, 60):
        warehouse = WarehouseFactory()
        for _ in range(goods):
            BalanceFactory(warehouse=warehouse)
        drafts.append(count(warehouse, {}))
    spent = []

    for draft in drafts:
        with CaptureQueriesContext(connection) as statements:
            count_lines.fill(count=draft)
        spent.append(len(statements))

    assert spent[0] == spent[1]


def test_what_is_scanned_adds_up():
    bread, barcode = SkuFactory(), BarcodeFactory()
    draft = count(WarehouseFactory(), {bread: None})

    for code, quantity in ((bread.code, None), (barcode.value, None), (barcode.value, Decimal(5)), (bread.code, 2)):
        line = count_lines.add(count=draft, code=code, quantity=quantity)

    assert (line.sku, line.counted) == (bread, 3)
    assert counted(draft) == {bread.code: 3, barcode.sku.code: 6}


def test_a_scales_label_adds_its_weight():
    cheese = SkuFactory(by_weight=True, plu=77)
    draft = count(WarehouseFactory(), {})

    count_lines.add(count=draft, code=f"200007701234{gs1_check_digit('200007701234')}")

    assert counted(draft) == {cheese.code: Decimal("1.234")}


def test_what_was_scanned_too_much_is_taken_back_and_no_more():
    bread = SkuFactory()
    draft = count(WarehouseFactory(), {bread: 3})
    count_lines.add(count=draft, code=bread.code, quantity=Decimal(-1))

    with pytest.raises(count_lines.NegativeCount, match="2"):
        count_lines.add(count=draft, code=bread.code, quantity=Decimal(-3))

    assert counted(draft) == {bread.code: 2}


def test_an_unknown_code_is_refused():
    with pytest.raises(UnknownSku):
        count_lines.add(count=count(WarehouseFactory(), {}), code="nonsense")


@pytest.mark.parametrize(
    ("as_expected", "expected"), [(True, [7, 3, 0]), (False, [7, 0, 0]), (None, [7])], ids=["books", "none", "off"]
)
def test_what_nobody_has_counted_is_decided_on(as_expected, expected):
    warehouse = WarehouseFactory()
    counted_one, full, below = SkuFactory(), SkuFactory(), SkuFactory()
    BalanceFactory(warehouse=warehouse, sku=full, on_hand=3)
    BalanceFactory(warehouse=warehouse, sku=below, on_hand=-2)
    draft = count(warehouse, {counted_one: 7, full: None, below: None})

    decided = count_lines.settle_uncounted(count=draft, as_expected=as_expected)

    assert decided == 2
    assert list(draft.count_lines.order_by("line").values_list("counted", flat=True)) == expected


def test_nothing_is_written_into_a_posted_count():
    bread = SkuFactory()
    posted = post(count(WarehouseFactory(), {bread: 1}))

    for verb in (
        lambda: count_lines.fill(count=posted),
        lambda: count_lines.add(count=posted, code=bread.code),
        lambda: count_lines.set_many(count=posted, counted={bread.pk: Decimal(2)}),
        lambda: count_lines.settle_uncounted(count=posted, as_expected=False),
        lambda: count_lines.save(count=posted, lines=[]),
    ):
        with pytest.raises(documents.NotADraft):
            verb()


def test_a_file_writes_what_was_counted_and_names_the_rows_that_make_no_sense():
    bread, beer, barcode = SkuFactory(), SkuFactory(), BarcodeFactory()
    service = SkuFactory(item=ItemFactory(kind="service"))
    draft = count(WarehouseFactory(), {bread: 99, beer: 5})
    file = workbook(
        ["Код", "Штрихкод", "Количество"],
        [bread.code, None, 2],
        [None, barcode.value, "1,5"],
        [bread.code, None, "3"],
        [beer.code, None, None],
        ["nonsense", None, 1],
        [None, None, 1],
        [bread.code, None, -1],
        [bread.code, None, "много"],
        [service.code, None, 1],
    )

    loaded = count_files.load(count=draft, file=file)

    assert (loaded.counted, loaded.added) == (2, 1)
    assert [number for number, _problem in loaded.faults] == [6, 7, 8, 9, 10]
    assert counted(draft) == {bread.code: 5, beer.code: 5, barcode.sku.code: Decimal("1.5")}


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"name;price\nbread;1\n", b"code\n1\n", b"PK\x03\x04nonsense"],
    ids=["empty", "blank", "other", "no-quantity", "broken"],
)  # fmt: skip
def test_a_file_that_is_no_count_is_refused(content):
    with pytest.raises(UnreadableFile):
        count_files.load(count=count(WarehouseFactory(), {}), file=BytesIO(content))


def test_a_file_of_too_many_rows_is_refused_whole(monkeypatch):
    monkeypatch.setattr(count_files, "MAX_ROWS", 2)
    bread, draft = SkuFactory(), count(WarehouseFactory(), {})
    content = f"code;counted\n{bread.code};1\n{bread.code};1\n".encode()

    with pytest.raises(UnreadableFile, match="2"):
        count_files.load(count=draft, file=BytesIO(content))

    assert counted(draft) == {}


def test_a_file_costs_the_same_statements_whatever_its_length():
    draft, skus = count(WarehouseFactory(), {}), [SkuFactory() for _ in range(60)]
    spent = []

    for wanted in (skus[:2], skus[2:]):
        content = "code;counted\n" + "".join(f"{sku.code};1\n" for sku in wanted)
        with CaptureQueriesContext(connection) as statements:
            count_files.load(count=draft, file=BytesIO(content.encode()))
        spent.append(len(statements))

    assert spent[0] == spent[1]
