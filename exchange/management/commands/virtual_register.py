"""`manage.py virtual_register`: the virtual register, and the one thing that it cannot do by itself.

The register is a client and knows nothing of the server (see the package `virtual_register`). A crowd of them needs as
many registers as its tills: `--prepare` makes and pairs them here, by the verbs that people and devices use.
"""

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from registers.choices import StockControl
from registers.models import Register
from registers.services import pairing
from virtual_register import cli, grammar
from virtual_register.errors import RegisterError
from virtual_register.locate import Known

WORKPLACE = "virtual_register"
FIRST_NUMBER = 9001


class Command(BaseCommand):
    help = cli.DESCRIPTION
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        grammar.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if code := cli.run(Namespace(**options), prepare=prepare_registers):
            sys.exit(code)


def prepare_registers(count: int, warehouses: int, external: bool = False) -> list[Known]:
    """Make sure of so many virtual registers, spread over the first warehouses that have registers, and pair each anew.

    `external`: their stock control is, so that they ask before each line. Raises `RegisterError` where there is nothing
    to take after.
    """
    by = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if by is None:
        raise RegisterError("Pairing codes are made by a person: make an administrator first.")
    stock_control = StockControl.EXTERNAL if external else StockControl.WITHOUT_PROMPTS
    registers = _registers(count, _models(warehouses), stock_control)
    device = {"serial": WORKPLACE, "software": WORKPLACE, "version": "1"}
    known = []
    for register in registers:
        code = pairing.issue(register=register, by=by, now=timezone.now())
        _paired, token = pairing.pair(code=code, device=device, now=timezone.now())
        known.append(Known(token, register.number, register.name, register.warehouse.name, register.stock_control))
    return known


def _models(warehouses: int) -> list[Register]:
    """Return a register of each of the first warehouses, to be taken after. Raises `RegisterError`."""
    real = Register.objects.active().exclude(workplace=WORKPLACE)
    first = real.order_by("warehouse", "number").distinct("warehouse").values("pk")
    models = list(Register.objects.filter(pk__in=first).select_related("warehouse").order_by("number")[:warehouses])
    if len(models) < max(warehouses, 1):
        raise RegisterError(f"{warehouses} warehouses are asked for, and registers work in {len(models)}.")
    return models


def _registers(count: int, models: Sequence[Register], stock_control: StockControl) -> list[Register]:
    virtual = list(Register.objects.filter(workplace=WORKPLACE).order_by("number")[:count])
    taken = set(Register.objects.filter(number__gte=FIRST_NUMBER).values_list("number", flat=True))
    free = (number for number in range(FIRST_NUMBER, sys.maxsize) if number not in taken)
    while len(virtual) < count:
        number = next(free)
        virtual.append(Register(number=number, name=f"Virtual {number}", workplace=WORKPLACE))
    for place, register in enumerate(virtual):
        model = models[place % len(models)]
        register.organization_id, register.shop_id = model.organization_id, model.shop_id
        register.warehouse = model.warehouse
        register.stock_control = stock_control
        register.active = True
        register.full_clean()
        register.save()
    return virtual
