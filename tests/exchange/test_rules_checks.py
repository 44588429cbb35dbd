"""What the check of equipment finds before a device would."""

import pytest
from django.contrib.auth.models import Group

from exchange.choices import ExchangeKind, FormatVersion
from exchange.models import Equipment, EquipmentTill
from exchange.services.rules import checks
from registers.models import Register
from retail.choices import Role
from retail.models import Organization, Shop, VatRate
from tests.exchange.rules import NOW, priced
from tests.factories.exchange import EquipmentFactory, PaymentOptionFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterTokenFactory
from tests.factories.retail import ItemFactory, OrganizationFactory, WarehouseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def equipment():
    """Equipment that lacks nothing."""
    made = EquipmentFactory(taxation_systems=[0], format_version=FormatVersion.V3_1)
    priced(made.rule)
    PaymentOptionFactory(equipment=made)
    Shop.objects.update(address="Москва, ул. Лесная, д. 18")
    Organization.objects.update(kpp="770901001")
    UserFactory().groups.add(Group.objects.get_or_create(name=Role.OPERATOR.value)[0])
    return made


def found(equipment):
    kept = Equipment.objects.select_related("rule", "register").get(pk=equipment.pk)
    return [finding.code for finding in checks.missing(equipment=kept, now=NOW)]


def change(equipment, **fields):
    Equipment.objects.filter(pk=equipment.pk).update(**fields)


def test_equipment_that_lacks_nothing_is_ready(equipment):
    assert found(equipment) == []


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"rule": None}, ["no_rule"]),
        ({"register": None}, ["no_register"]),
        ({"device_id": " till"}, ["device_id_spaces"]),
        ({"device_id": "Касса1"}, ["device_id_odd"]),
        ({"taxation_systems": []}, ["no_taxation"]),
    ],
)
def test_what_is_wrong_with_the_equipment_itself_is_found(equipment, fields, codes):
    change(equipment, **fields)

    assert found(equipment) == codes


@pytest.mark.parametrize(
    ("model", "fields", "codes"),
    [
        (Register, {"active": False}, ["inactive"]),
        (Shop, {"address": ""}, ["no_address"]),
        (Organization, {"kpp": ""}, ["no_kpp"]),
        (Organization, {"kpp": "", "inn": "500100732259"}, []),
        (Organization, {"inn": ""}, ["no_inn"]),
    ],
)
def test_what_is_wrong_around_the_register_is_found(equipment, model, fields, codes):
    pk = {Register: equipment.register_id, Shop: equipment.register.shop_id, Organization: equipment.organization_id}

    model.objects.filter(pk=pk[model]).update(**fields)

    assert found(equipment) == codes


def test_a_register_that_came_to_fit_no_longer_is_found(equipment):
    Register.objects.update(warehouse=WarehouseFactory(), organization=OrganizationFactory(kpp="770901001"))

    assert found(equipment) == ["organization", "warehouse"]


def test_a_rule_by_which_nothing_goes_is_found_with_its_reason(equipment):
    equipment.rule.skus.model.objects.all().delete()
    kept = Equipment.objects.select_related("rule", "register").get(pk=equipment.pk)
    kept.rule.warehouse = WarehouseFactory(retail_price_type__name="Другая")
    kept.rule.save()

    [first, *_rest] = checks.missing(equipment=kept, now=NOW)

    assert (first.code, first.model, first.pk) == ("no_goods", "exchange.exchangerule", kept.rule_id)
    assert "“Другая”" in first.text


def test_an_empty_catalogue_is_found():
    assert "no_goods" in found(EquipmentFactory())


def test_a_rule_that_leaves_everything_out_says_why(equipment):
    equipment.rule.markings = ["shoes"]
    equipment.rule.save()

    [first, *_rest] = checks.missing(equipment=equipment, now=NOW)

    assert "Its kind of marking is not chosen" in first.text


def test_goods_that_the_format_cannot_tell_are_counted(equipment):
    priced(equipment.rule, rate="22")
    priced(equipment.rule, item=ItemFactory(marking="shoes", vat_rate=VatRate.objects.get(code="10")))
    change(equipment, format_version=FormatVersion.V3_0)

    assert found(equipment) == ["vat", "marking"]


def test_a_web_service_needs_somebody_who_may_sign_in(equipment):
    Group.objects.get(name=Role.OPERATOR.value).user_set.update(is_active=False)
    by_web = found(equipment)
    change(equipment, exchange_kind=ExchangeKind.FOLDER, folder="till")

    assert by_web == ["no_user"]
    assert found(equipment) == []


def test_payment_cards_need_a_payment_kind(equipment):
    equipment.payment_options.all().delete()
    needed = found(equipment)
    Register.objects.update(payment_cards=False)

    assert needed == ["no_payment_kinds"]
    assert found(equipment) == []


def test_payment_kinds_that_mean_different_things_are_named(equipment):
    PaymentOptionFactory(equipment=equipment, code="03", name="Сертификат", type=3, kind="card")

    assert found(equipment) == ["payment_kind"]


def test_our_own_service_needs_a_paired_device_and_no_rule(equipment):
    change(equipment, exchange_kind=ExchangeKind.HTTP, rule=None, device_id=None)
    unpaired = found(equipment)

    RegisterTokenFactory(register=equipment.register)

    assert unpaired == ["not_paired", "no_rule"]
    assert found(equipment) == ["no_rule"]


def test_a_register_is_checked_with_its_equipment(equipment):
    change(equipment, taxation_systems=[])
    register = Register.objects.get(pk=equipment.register_id)

    findings = checks.missing_of_register(register=register, now=NOW)

    assert [finding.code for finding in findings] == ["no_taxation"]


def test_a_register_without_equipment_is_checked_by_itself():
    register = RegisterFactory(active=False, shop__address="", organization__kpp="770901001")

    findings = checks.missing_of_register(register=register, now=NOW)

    assert [finding.code for finding in findings] == ["inactive", "not_paired", "no_address"]


def test_a_check_asks_a_handful_of_statements(equipment, django_assert_max_num_queries):
    kept = Equipment.objects.select_related("rule", "register__shop", "register__organization").get(pk=equipment.pk)

    with django_assert_max_num_queries(4):
        checks.missing(equipment=kept, now=NOW)


def test_files_of_a_dialect_need_a_register_or_tills_alone(equipment):
    change(equipment, exchange_kind="folder", folder="till", dialect="shtrih", taxation_systems=[], rule=None)
    with_register = found(equipment)
    change(equipment, register=None)
    with_neither = found(equipment)

    EquipmentTill.objects.create(equipment=equipment, code="1", register=RegisterFactory())

    assert with_register == []
    assert with_neither == ["no_register"]
    assert found(equipment) == []
