from decimal import Decimal

import pytest
from django.db import connection

from retail.models import Constants, Sku
from retail.services import skus
from tests.factories.retail import BarcodeFactory, SkuFactory, make_ean13

pytestmark = pytest.mark.django_db


def test_next_code_passes_over_what_somebody_typed_in():
    first = int(skus.next_code())
    SkuFactory(code=str(first + 1))

    assert int(skus.next_code()) == first + 2


def test_next_codes_gives_as_many_as_asked_though_some_are_taken():
    first = int(skus.next_code())
    SkuFactory(code=str(first + 2))

    codes = skus.next_codes(3)

    assert len(set(codes)) == 3
    assert not Sku.objects.filter(code__in=codes).exists()


def test_assign_code_numbers_a_sku_without_a_code_and_leaves_another_alone():
    typed = Sku(code="A-1")
    empty = Sku()

    skus.assign_code(sku=typed)
    skus.assign_code(sku=empty)

    assert typed.code == "A-1"
    assert empty.code.isdigit()


def test_assign_code_refuses_where_automatic_codes_are_off():
    Constants.objects.update(automatic_sku=False)

    with pytest.raises(skus.NoCode, match="switched off"):
        skus.assign_code(sku=Sku())


def test_find_by_code_and_by_barcode(django_assert_num_queries):
    sku = SkuFactory(code="10001")
    BarcodeFactory(sku=sku, value="4600000000015")

    with django_assert_num_queries(2):
        by_code = skus.find(" 10001 ")
        by_barcode = skus.find("4600000000015")
        assert by_code.sku.item.unit.short_name

    assert by_code == by_barcode == (sku, 1)


def test_find_prefers_a_code_to_an_equal_barcode():
    BarcodeFactory(value="777")
    sku = SkuFactory(code="777")

    assert skus.find("777").sku == sku


def test_find_reads_a_weighed_barcode():
    sku = SkuFactory(by_weight=True, plu=123)

    found = skus.find(make_ean13(12301250, prefix="2000"))

    assert found == (sku, Decimal("1.250"))


@pytest.mark.parametrize(
    "barcode",
    [
        make_ean13(12301250, prefix="2100"),  # another prefix
        make_ean13(12401250, prefix="2000"),  # another scales code
        make_ean13(12301250, prefix="2000")[:12] + "x",
        "2000123012500",  # a wrong check digit
        "٢٠٠٠١٢٣٠١٢٥٠٠",
        "404",
        "",
        "10\x0001",
    ],
)
def test_find_refuses_what_nobody_knows(barcode):
    SkuFactory(by_weight=True, plu=123)

    with pytest.raises(skus.UnknownSku):
        skus.find(barcode)


def test_find_knows_no_weighed_barcodes_without_prefixes():
    Constants.objects.update(weighed_prefixes="")
    SkuFactory(by_weight=True, plu=123)

    with pytest.raises(skus.UnknownSku):
        skus.find(make_ean13(12301250, prefix="2000"))


def test_find_uses_indexes_whatever_the_number_of_skus():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT * FROM retail_sku WHERE id IN (SELECT id FROM retail_sku WHERE code = 'x'"
            " UNION SELECT sku_id FROM retail_barcode WHERE value = 'x')"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Seq Scan" not in plan


def test_withdraw_and_return_to_sale_tell_how_many_changed():
    on_sale, withdrawn = SkuFactory(), SkuFactory(withdrawn=True)
    ids = [on_sale.pk, withdrawn.pk]

    assert skus.withdraw(sku_ids=ids) == 1
    assert skus.withdraw(sku_ids=ids) == 0
    assert skus.return_to_sale(sku_ids=ids) == 2
    assert skus.return_to_sale(sku_ids=ids) == 0
