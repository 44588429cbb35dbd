"""Equipment: the register it is, and what the database refuses."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from exchange import migrations
from exchange.choices import ExchangeKind, FormatVersion
from exchange.models import Equipment
from tests.factories.exchange import EquipmentFactory, ExchangeRuleFactory, PaymentOptionFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory

pytestmark = pytest.mark.django_db


@contextmanager
def refused_by(rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        yield


def test_a_device_id_is_one_device():
    EquipmentFactory(device_id="till-1")

    with refused_by("device_id"):
        EquipmentFactory(device_id="till-1")


@pytest.mark.parametrize("kind", [ExchangeKind.WEB_SERVICE, ExchangeKind.FOLDER])
def test_equipment_has_a_device_id(kind):
    with refused_by("has_a_device_id"):
        EquipmentFactory(device_id=None, exchange_kind=kind, folder="till")


def test_what_speaks_our_own_service_needs_no_device_id():
    EquipmentFactory(http=True)
    EquipmentFactory(http=True)

    assert Equipment.objects.filter(device_id=None).count() == 2


def test_an_exchange_by_files_has_a_folder_of_its_own():
    EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="till-1")

    with refused_by("has_a_folder"):
        EquipmentFactory(exchange_kind=ExchangeKind.FOLDER)
    with refused_by("folder_once"):
        EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="till-1")


@pytest.mark.parametrize("folder", ["../other", "a/b", "a\\b", ".hidden", "a\nb"])
def test_a_folder_is_one_name(folder):
    made = EquipmentFactory.build(folder=folder)

    with pytest.raises(ValidationError) as refused:
        made.clean_fields(exclude=["rule", "register", "organization"])

    assert list(refused.value.message_dict) == ["folder"]


def test_a_register_that_sells_from_another_warehouse_is_refused_in_words():
    rule = ExchangeRuleFactory(warehouse__name="Склад А")
    register = RegisterFactory(warehouse__name="Склад Б")
    made = EquipmentFactory.build(rule=rule, register=register, organization=register.organization)

    with pytest.raises(ValidationError, match="sells from Склад Б, and the rule is for Склад А"):
        made.full_clean()


def test_a_register_of_another_organization_is_refused_in_words():
    rule = ExchangeRuleFactory()
    register = RegisterFactory(warehouse=rule.warehouse)
    made = EquipmentFactory.build(rule=rule, register=register, organization=OrganizationFactory())

    with pytest.raises(ValidationError, match="belongs to another organization"):
        made.full_clean()


def test_a_payment_kind_of_the_device_has_one_code_and_is_not_cash():
    known = PaymentOptionFactory(code="01")

    with refused_by("code_once"):
        PaymentOptionFactory(code="01", equipment=known.equipment)
    with refused_by("uid_once"):
        PaymentOptionFactory(equipment=known.equipment, uid=known.uid)
    with refused_by("is_not_cash"):
        PaymentOptionFactory(kind="cash")
    with refused_by("has_a_code"):
        PaymentOptionFactory(code="")


def test_device_ids_of_registers_become_equipment():
    register = RegisterFactory(number=7, name="У входа")
    RegisterFactory()
    script = (Path(migrations.__file__).parent / "0004_rules_and_equipment.sql").read_text(encoding="utf-8")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE registers_register SET device_id = 'till-7' WHERE id = %s", [register.pk])
        cursor.execute(script[script.index("INSERT INTO exchange_equipment") :])

    made = Equipment.objects.get()
    assert (made.name, made.device_id, made.register) == ("7 У входа", "till-7", register)
    assert (made.organization, made.rule, made.format_version) == (register.organization, None, FormatVersion.V3_1)
