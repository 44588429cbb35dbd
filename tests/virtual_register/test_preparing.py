from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from exchange.management.commands.virtual_register import FIRST_NUMBER, prepare_registers
from registers.models import Register
from registers.services import tokens
from tests.factories.registers import RegisterFactory
from virtual_register.errors import RegisterError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def administrator(admin_user):
    return admin_user


def test_registers_are_made_after_the_ones_there_are_and_paired():
    model = RegisterFactory(number=1)

    [first, second] = prepare_registers(2, 1)

    assert (first.number, second.number) == (FIRST_NUMBER, FIRST_NUMBER + 1)
    made = tokens.identify(token=first.token, now=timezone.now())
    assert (made.number, made.warehouse, made.organization) == (first.number, model.warehouse, model.organization)
    assert (first.warehouse, first.stock_control) == (model.warehouse.name, "without_prompts")


def test_they_are_made_once_and_paired_every_time():
    RegisterFactory(number=1)
    earlier = prepare_registers(3, 1)

    later = prepare_registers(2, 1)

    assert Register.objects.count() == 4
    assert [one.number for one in later] == [one.number for one in earlier[:2]]
    with pytest.raises(tokens.RevokedToken):
        tokens.identify(token=earlier[0].token, now=timezone.now())


def test_a_number_that_is_taken_is_passed_over():
    RegisterFactory(number=FIRST_NUMBER)

    [only] = prepare_registers(1, 1)

    assert only.number == FIRST_NUMBER + 1


def test_they_are_spread_over_warehouses():
    warehouses = [RegisterFactory(number=number).warehouse.name for number in (1, 2, 3)]

    assert [one.warehouse for one in prepare_registers(4, 2)] == [*warehouses[:2], *warehouses[:2]]


def test_more_warehouses_than_have_registers_are_refused():
    RegisterFactory(number=1)

    with pytest.raises(RegisterError, match="2 warehouses are asked for, and registers work in 1"):
        prepare_registers(1, 2)


def test_nobody_pairs_without_an_administrator(administrator):
    administrator.delete()

    with pytest.raises(RegisterError, match="make an administrator first"):
        prepare_registers(1, 1)


def test_the_command_ends_with_the_registers_exit_code(tmp_path, capsys):
    words = ["--state", str(tmp_path), "--demo", str(tmp_path / "demo.json"), "status"]

    with pytest.raises(SystemExit) as ended:
        call_command("virtual_register", *words, stdout=StringIO())

    assert ended.value.code == 4
    assert "Register 1 has no token" in capsys.readouterr().err
