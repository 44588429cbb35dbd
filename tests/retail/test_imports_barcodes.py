import pytest

from retail.models import Barcode, Sku
from tests.factories.retail import BarcodeFactory, SkuFactory, make_ean13
from tests.retail.files import actions, problems, take_in

pytestmark = pytest.mark.django_db

HEADER = ["sku", "barcode"]


def test_barcodes_are_added_once_and_found_the_same_again():
    SkuFactory(code="1")
    rows = [HEADER, ["1", make_ean13(1)], ["1", make_ean13(2)], ["1", make_ean13(2)]]

    assert actions(take_in("barcodes", *rows)) == ["new", "new", "same"]
    assert actions(take_in("barcodes", *rows)) == ["same", "same", "same"]
    assert Barcode.objects.count() == 2


def test_a_barcode_of_another_sku_is_refused_by_the_name_of_its_owner():
    SkuFactory(code="1")
    owner = SkuFactory(code="2")
    BarcodeFactory(sku=owner, value=make_ean13(1))

    outcomes = take_in("barcodes", HEADER, ["1", make_ean13(1)], ["1", make_ean13(2)], ["2", make_ean13(2)])

    assert actions(outcomes) == ["faulty", "new", "faulty"]
    assert str(owner) in problems(outcomes)[0]


@pytest.mark.parametrize("row", [["404", make_ean13(1)], ["1", ""], ["", make_ean13(1)], ["1", "4600000000016"]])
def test_a_faulty_row_is_left_out_and_the_others_go_in(row):
    SkuFactory(code="1")

    outcomes = take_in("barcodes", HEADER, row, ["1", make_ean13(7)])

    assert actions(outcomes) == ["faulty", "new"]


def test_a_barcode_that_excel_has_rounded_is_told_as_such():
    SkuFactory(code="1")

    assert "4.6E+12" not in problems(take_in("barcodes", HEADER, ["1", "4.6E+12"]))[0]


def test_a_check_writes_nothing():
    SkuFactory(code="1")

    assert actions(take_in("barcodes", HEADER, ["1", make_ean13(1)], dry_run=True)) == ["new"]
    assert not Barcode.objects.exists()


def test_the_whole_chunk_is_written_and_stamped_at_once(django_assert_max_num_queries):
    for sku in (skus := SkuFactory.create_batch(30)):
        assert sku.revision
    rows = [[sku.code, make_ean13(number)] for number, sku in enumerate(skus)]
    before = max(Sku.objects.values_list("revision", flat=True))

    with django_assert_max_num_queries(14):
        take_in("barcodes", HEADER, *rows)

    assert min(Sku.objects.values_list("revision", flat=True)) == before + 1
