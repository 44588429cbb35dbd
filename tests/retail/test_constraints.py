"""Each constraint of the database refuses one thing by name. A constraint without a line here fails the last test."""

from datetime import date

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.db.models import CheckConstraint

from retail.models import Catalogue, Constants, DocumentCounter, KeptAnswer, Price, RoleGrant, VatRate
from tests.factories.people import UserFactory
from tests.factories.retail import (
    LONG_AGO,
    BarcodeFactory,
    CharacteristicFactory,
    ItemFactory,
    ItemGroupFactory,
    OrganizationFactory,
    PackFactory,
    PriceFactory,
    PriceTypeFactory,
    SkuFactory,
)

pytestmark = pytest.mark.django_db


def _two_counters():
    organization = OrganizationFactory()
    for _ in range(2):
        DocumentCounter.objects.create(kind="invoice", organization=organization, year=2026)


def _two_groups():
    parent = ItemGroupFactory()
    ItemGroupFactory.create_batch(2, name="Milk", parent=parent)


def _two_grants():
    grant = {"group": Group.objects.create(name="x"), "permission": Permission.objects.first()}
    RoleGrant.objects.create(**grant)
    RoleGrant.objects.create(**grant)


def _two_answers():
    person = UserFactory()
    for _ in range(2):
        KeptAnswer.objects.create(user=person, key="order-1", fingerprint="f", made_at=LONG_AGO)


def _two_prices():
    sku, price_type = SkuFactory(), PriceTypeFactory()
    # Past the model, whose factory would only repeat what `bulk_create` does.
    Price.objects.bulk_create(Price(sku=sku, price_type=price_type, valid_from=LONG_AGO, amount=1) for _ in range(2))


def _rate(**changes):
    VatRate.objects.create(**{"code": "5", "name": "НДС 5 %", "percent": 5, "valid_from": date(2026, 1, 1), **changes})


REFUSED = {
    "retail_catalogue_is_one_row": lambda: Catalogue.objects.create(pk=2, epoch="x", prices_announced_at=LONG_AGO),
    "retail_constants_is_one_row": lambda: Constants.objects.create(pk=2),
    "retail_documentcounter_once_per_kind_organization_and_year": _two_counters,
    "retail_itemgroup_name_once_in_parent": _two_groups,
    "retail_keptanswer_key_once_per_person": _two_answers,
    "retail_vatrate_percent_from_0_to_100": lambda: _rate(percent=100),
    "retail_vatrate_ends_after_it_begins": lambda: _rate(valid_to=date(2025, 12, 31)),
    "retail_characteristic_once_per_item": lambda: CharacteristicFactory.create_batch(2, item=ItemFactory(), name="M"),
    "retail_pack_once_per_item": lambda: PackFactory.create_batch(2, item=ItemFactory(), name="box"),
    "retail_pack_holds_something": lambda: PackFactory(quantity=0),
    "retail_price_once_per_moment": _two_prices,
    "retail_price_not_negative": lambda: PriceFactory(amount=-1),
    "retail_sku_once_per_item_characteristic_and_pack": lambda: SkuFactory.create_batch(2, item=ItemFactory()),
    "retail_sku_has_a_code": lambda: SkuFactory(code=""),
    "retail_barcode_is_printable": lambda: BarcodeFactory(value="штрих код"),
    "retail_rolegrant_once_per_role_and_permission": _two_grants,
}


def _constraint_of(error):
    return error.__cause__.diag.constraint_name


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses(name):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        REFUSED[name]()

    assert _constraint_of(refused.value) == name


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: SkuFactory.create_batch(2, code="10001"), id="SKU code"),
        pytest.param(lambda: SkuFactory.create_batch(2, plu=7), id="scales code"),
        pytest.param(lambda: BarcodeFactory.create_batch(2, value="4600000000015"), id="barcode"),
        pytest.param(lambda: OrganizationFactory.create_batch(2, inn="7707083893"), id="INN"),
        pytest.param(lambda: PriceTypeFactory.create_batch(2, name="City"), id="price type"),
        pytest.param(lambda: ItemGroupFactory.create_batch(2, name="Food"), id="group at the top"),
    ],
)
def test_the_database_refuses_a_second(make):
    with pytest.raises(IntegrityError, match="duplicate"), transaction.atomic():
        make()


def test_a_sku_may_repeat_an_item_in_another_characteristic_or_pack():
    item = ItemFactory()

    SkuFactory(item=item)
    SkuFactory(item=item, varied=True)
    SkuFactory(item=item, packed=True)

    assert item.skus.count() == 3


def test_every_constraint_has_its_test():
    declared = {
        constraint.name
        for model in apps.get_app_config("retail").get_models()
        for constraint in model._meta.constraints
    }

    assert declared == set(REFUSED)


def test_every_check_of_values_that_people_type_speaks_to_them():
    silent = {
        constraint.name
        for model in apps.get_app_config("retail").get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
        and constraint.violation_error_message == constraint.default_violation_error_message
    }

    assert silent == {"retail_catalogue_is_one_row", "retail_constants_is_one_row"}
