"""Editing goods in the admin: what is given out, what stays, what is refused and in which words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from retail.choices import Role
from retail.models import Catalogue, Characteristic, Constants, Item, ItemGroup, Pack, Price, Sku, VatRate
from tests.factories.people import UserFactory
from tests.factories.retail import (
    BarcodeFactory,
    CharacteristicFactory,
    ItemFactory,
    ItemGroupFactory,
    PackFactory,
    PriceFactory,
    PriceTypeFactory,
    SkuFactory,
)
from tests.retail.admin import choose, errors_of, form_of, page, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_russian")]


@pytest.fixture
def client():
    return signed_in()


def _edit(client, name, row, **changes):
    url = page(f"{name}_change", row.pk)
    return client.post(url, form_of(client.get(url), **changes))


def _add_sku(client, item, **values):
    known = item.skus.count()
    typed = {f"skus-{known}-{name}": value for name, value in values.items()}
    return _edit(client, "retail_item", item, **{"skus-TOTAL_FORMS": known + 1, **typed})


def test_a_new_item_is_saved_with_a_sku_of_the_next_code(client):
    url = page("retail_item_add")
    data = form_of(client.get(url))
    vat = VatRate.objects.get(code="22")

    response = client.post(url, data | {"name": "Сыр", "unit": 1, "vat_rate": vat.pk, "skus-TOTAL_FORMS": 1})

    assert response.status_code == 302, errors_of(response)
    sku = Sku.objects.get(item__name="Сыр")
    assert sku.code.isdigit()
    assert sku.name == "Сыр"


def test_a_sku_takes_a_characteristic_and_a_pack_of_its_own_item(client):
    item = ItemFactory()
    size, box = CharacteristicFactory(item=item), PackFactory(item=item)
    stranger = CharacteristicFactory()

    refused = _add_sku(client, item, characteristic=stranger.pk)
    response = _add_sku(client, item, characteristic=size.pk, pack=box.pk, code="A-1")

    assert refused.status_code == 200
    assert response.status_code == 302, errors_of(response)
    sku = Sku.objects.get()
    assert (sku.code, sku.characteristic, sku.pack) == ("A-1", size, box)


def test_a_second_sku_of_the_same_characteristic_is_refused_in_words(client):
    item = ItemFactory()
    SkuFactory(item=item)

    response = _add_sku(client, item, code="A-2")

    assert response.status_code == 200
    assert errors_of(response).strip()
    assert item.skus.count() == 1


def test_a_code_must_be_typed_where_automatic_codes_are_off(client):
    Constants.objects.update(automatic_sku=False)

    response = _add_sku(client, ItemFactory())

    assert "code" in errors_of(response)
    assert not Sku.objects.exists()


def test_what_registers_know_a_sku_by_does_not_change(client):
    item = ItemFactory()
    sku = SkuFactory(item=item, code="A-1")
    CharacteristicFactory(item=item)

    _edit(client, "retail_item", item, **{"skus-0-code": "A-2", "skus-0-plu": 5})

    sku.refresh_from_db()
    assert (sku.code, sku.plu) == ("A-1", 5)


def test_a_characteristic_that_a_sku_has_is_not_deleted(client):
    sku = SkuFactory(varied=True)

    response = _edit(client, "retail_item", sku.item, **{"characteristics-0-DELETE": "on"})

    assert response.status_code == 200
    assert Characteristic.objects.exists()
    assert not Pack.objects.exists()


def test_a_sku_is_neither_added_by_itself_nor_deleted(client):
    sku = SkuFactory()

    assert client.get("/admin/retail/sku/add/").status_code == 403
    assert client.post(page("retail_sku_delete", sku.pk), {"post": "yes"}).status_code == 403
    assert Sku.objects.exists()


def test_an_item_with_skus_is_not_deleted(client):
    sku = SkuFactory()

    client.post(page("retail_item_delete", sku.item_id), {"post": "yes"})

    assert Item.objects.exists()


def test_a_barcode_with_a_wrong_check_digit_is_refused_with_the_right_one(client):
    sku = SkuFactory()
    row = {"barcodes-TOTAL_FORMS": 1, "barcodes-0-value": "4600000000016"}

    response = _edit(client, "retail_sku", sku, **row)

    assert "5" in errors_of(response)
    assert _edit(client, "retail_sku", sku, **(row | {"barcodes-0-value": "4600000000015"})).status_code == 302


def test_a_price_is_set_on_the_page_of_the_sku(client):
    sku, price_type = SkuFactory(), PriceTypeFactory()
    row = {"prices-TOTAL_FORMS": 1, "prices-0-price_type": price_type.pk, "prices-0-amount": "99.90"}

    response = _edit(
        client, "retail_sku", sku, **row, **{"prices-0-valid_from_0": "01.12.2030", "prices-0-valid_from_1": "00:00:00"}
    )

    assert response.status_code == 302, errors_of(response)
    assert str(Price.objects.get().amount) == "99.90"


def test_a_price_that_has_begun_stays_on_the_page_of_the_sku(client, price_history):
    past, in_force, ahead = price_history
    sku = past.sku

    _edit(client, "retail_sku", sku, **{f"prices-{place}-amount": "7" for place in range(3)})
    refused = _edit(client, "retail_sku", sku, **{"prices-1-DELETE": "on"})
    deleted = _edit(client, "retail_sku", sku, **{"prices-0-DELETE": "on"})

    assert refused.status_code == 200
    assert "0" in errors_of(refused)
    assert deleted.status_code == 302
    assert sorted(price.amount for price in Price.objects.all()) == [1, 2]
    assert (in_force.amount, ahead.amount) == (2, 3)


def test_a_price_earlier_than_the_one_in_force_is_refused_in_words(client):
    price = PriceFactory(valid_from=timezone.now() - timedelta(days=1))
    typed = {"sku": price.sku_id, "price_type": price.price_type_id, "amount": "5"}

    response = client.post(page("retail_price_add"), typed | {"valid_from_0": "01.01.2026", "valid_from_1": "00:00:00"})

    assert response.status_code == 200
    assert errors_of(response)
    assert Price.objects.count() == 1


def test_a_price_ahead_is_edited_and_deleted_and_one_that_has_begun_only_seen(client, price_history):
    _past, in_force, ahead = price_history

    assert _edit(client, "retail_price", ahead, amount="4").status_code == 302
    assert client.post(page("retail_price_change", in_force.pk), {"amount": "4"}).status_code == 403
    assert client.post(page("retail_price_delete", in_force.pk), {"post": "yes"}).status_code == 403
    ahead.refresh_from_db()
    assert ahead.amount == 4
    client.post(page("retail_price_delete", ahead.pk), {"post": "yes"})
    assert Price.objects.count() == 2


def test_of_chosen_prices_only_those_ahead_are_deleted_and_the_person_is_told(client, price_history):
    asked = choose(client, "retail_price", "delete_ahead", price_history)
    done = choose(client, "retail_price", "delete_ahead", price_history, confirmed="1")

    assert Price.objects.count() == 2
    assert asked.context["count"] == 3
    assert [message.level_tag for message in done.context["messages"]] == ["success", "warning"]


def test_items_are_withdrawn_and_returned_after_a_question(client):
    skus = [SkuFactory() for _ in range(2)]
    items = [sku.item for sku in skus]

    asked = choose(client, "retail_item", "withdraw", items)
    assert (asked.context["count"], Item.objects.filter(withdrawn=True).count()) == (2, 0)
    choose(client, "retail_item", "withdraw", items, confirmed="1")
    assert Item.objects.filter(withdrawn=True).count() == 2
    choose(client, "retail_item", "return_to_sale", items)
    choose(client, "retail_item", "return_to_sale", items, confirmed="1")
    assert Item.objects.filter(withdrawn=True).count() == 0


def test_skus_are_withdrawn_and_returned_after_a_question(client):
    skus = SkuFactory.create_batch(2)

    choose(client, "retail_sku", "withdraw", skus)
    assert not Sku.objects.filter(withdrawn=True).exists()
    choose(client, "retail_sku", "withdraw", skus, confirmed="1")
    assert Sku.objects.filter(withdrawn=True).count() == 2
    choose(client, "retail_sku", "return_to_sale", skus)
    choose(client, "retail_sku", "return_to_sale", skus, confirmed="1")
    assert not Sku.objects.filter(withdrawn=True).exists()


def test_many_items_get_another_rate_of_vat_and_their_history_tells_so(client):
    items = ItemFactory.create_batch(3)
    rate = VatRate.objects.get(code="10")

    asked = choose(client, "retail_item", "set_vat_rate", items)
    unanswered = choose(client, "retail_item", "set_vat_rate", items, confirmed="1")
    choose(client, "retail_item", "set_vat_rate", items, confirmed="1", vat_rate=rate.pk)

    assert asked.context["form"].fields.keys() == {"vat_rate"}
    assert unanswered.context["form"].errors
    assert set(Item.objects.values_list("vat_rate", flat=True)) == {rate.pk}
    assert "10" in client.get(page("retail_item_history", items[0].pk)).content.decode()


def test_a_group_is_not_put_inside_itself(client):
    food = ItemGroupFactory()
    milk = ItemGroupFactory(parent=food)

    response = _edit(client, "retail_itemgroup", food, parent=milk.pk)

    assert response.status_code == 200
    assert "parent" in errors_of(response)
    assert ItemGroup.objects.get(pk=food.pk).parent is None


def test_a_second_group_of_the_same_name_is_refused_in_words(client):
    group = ItemGroupFactory(name="Еда")

    response = client.post(page("retail_itemgroup_add"), {"name": "Еда", "parent": ""})

    assert response.status_code == 200
    assert ItemGroup.objects.get() == group


def test_an_organization_with_a_misprint_in_its_inn_is_refused(client):
    typed = {"name": "ООО", "inn": "7707083890", "kpp": "770101001"}

    assert "inn" in errors_of(client.post(page("retail_organization_add"), typed))
    assert client.post(page("retail_organization_add"), typed | {"inn": "7707083893"}).status_code == 302


def test_every_page_of_reference_opens_for_adding(client):
    for name in ("organization", "counterparty", "shop", "warehouse", "itemgroup", "item", "unit", "vatrate",
                 "pricetype", "price", "barcode"):  # fmt: skip
        assert client.get(page(f"retail_{name}_add")).status_code == 200


def test_deleting_chosen_barcodes_tells_registers(client):
    barcode = BarcodeFactory()
    before = Catalogue.objects.get().revision

    choose(client, "retail_barcode", "delete_selected", [barcode], post="yes")

    assert Catalogue.objects.get().revision == before + 1


def test_a_merchandiser_may_withdraw_but_an_accountant_may_not():
    sku = SkuFactory()

    choose(signed_in(UserFactory(role=Role.ACCOUNTANT)), "retail_sku", "withdraw", [sku], confirmed="1")
    assert not Sku.objects.get().withdrawn
    choose(signed_in(UserFactory(role=Role.MERCHANDISER)), "retail_sku", "withdraw", [sku], confirmed="1")
    assert Sku.objects.get().withdrawn
