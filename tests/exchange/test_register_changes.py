"""Rules and modes of upload, given to many registers at once."""

import pytest

from exchange.choices import UploadMode
from retail.choices import Role
from tests.factories.exchange import EquipmentFactory, ExchangeRuleFactory, UploadSourceFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.retail.admin import choose, signed_in

pytestmark = pytest.mark.django_db


def test_a_rule_is_given_to_those_that_it_fits_after_a_page_that_says_to_whom():
    rule = ExchangeRuleFactory(name="Напитки")
    fitting = EquipmentFactory(register=RegisterFactory(warehouse=rule.warehouse), rule=None)
    elsewhere = EquipmentFactory(register=RegisterFactory(), rule=None)
    bare = RegisterFactory(warehouse=rule.warehouse)
    registers = [fitting.register, elsewhere.register, bare]
    client = signed_in()

    page = choose(client, "registers_register", "give_rule", registers, rule=rule.pk).content.decode()
    choose(client, "registers_register", "give_rule", registers, rule=rule.pk, confirmed="1")

    assert "Will change: 1" in page
    assert "sells from" in page
    assert "has no equipment" in page
    fitting.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (fitting.rule, elsewhere.rule) == (rule, None)


def test_uploads_of_many_registers_get_another_mode():
    source = UploadSourceFactory(mode=UploadMode.RECEIPT)
    without = RegisterFactory()
    client = signed_in()

    page = choose(
        client, "registers_register", "change_upload", [source.register, without], mode=UploadMode.SHIFT
    ).content.decode()
    choose(client, "registers_register", "change_upload", [source.register], mode=UploadMode.SHIFT, confirmed="1")

    assert "no address to fetch from" in page
    source.refresh_from_db()
    assert source.mode == UploadMode.SHIFT


@pytest.mark.parametrize("action", ["give_rule", "change_upload"])
def test_who_may_not_change_equipment_and_uploads_changes_none_here(action):
    rule = ExchangeRuleFactory()
    equipment = EquipmentFactory(register=RegisterFactory(warehouse=rule.warehouse), rule=None)
    source = UploadSourceFactory(register=equipment.register, mode=UploadMode.RECEIPT)
    operator = signed_in(UserFactory(role=Role.OPERATOR))

    answer = {"rule": rule.pk, "mode": UploadMode.SHIFT, "confirmed": "1"}
    choose(operator, "registers_register", action, [equipment.register], **answer)

    equipment.refresh_from_db()
    source.refresh_from_db()
    assert equipment.rule is None
    assert source.mode == UploadMode.RECEIPT
