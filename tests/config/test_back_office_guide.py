"""The guide of the back-office API is true: its examples go through, its tables name what there is."""

import re
import shlex
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from retail.api import prices, throttles
from retail.api.descriptions import REFUSALS
from retail.api.pagination import LIMIT, MOST
from retail.choices import Role
from retail.services import answers, api_tokens
from stock.api import drafts
from stock.choices import DocumentKind
from stock.models import GoodsReceipt
from tests.config.test_api import OPERATIONS
from tests.factories import stock
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import CounterpartyFactory, PriceTypeFactory, SkuFactory, WarehouseFactory
from tests.retail.programs import ROOT, Program

GUIDE = (Path(settings.BASE_DIR) / "docs" / "back-office-api.md").read_text()
NAMED = set(re.findall(r"`([\w-]+)`", GUIDE))


def calls():
    """(method, path, headers, body) of every curl of the guide, in its order."""
    for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE):
        for line in re.split(r"\n(?=curl )", block.replace("\\\n", " ")):
            if not line.startswith("curl "):
                continue
            words = shlex.split(line, comments=True)
            headers = dict(words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H")
            [path] = [word.removeprefix("$URL/") for word in words if word.startswith("$URL/")]
            method = words[words.index("-X") + 1].lower() if "-X" in words else "get"
            yield method, path, headers, words[words.index("-d") + 1] if "-d" in words else None


@pytest.mark.django_db
def test_every_call_of_the_guide_goes_through():
    retail = PriceTypeFactory(pk=1)
    warehouse = WarehouseFactory(pk=1, retail_price_type=retail)
    WarehouseFactory(pk=2, organization=warehouse.organization, retail_price_type=retail)
    supplier = CounterpartyFactory(pk=3)
    RegisterFactory(pk=4, warehouse=warehouse)
    for code in ("10001", "10002"):
        SkuFactory(code=code)
    GoodsReceipt.objects.create(
        pk=55, kind=DocumentKind.GOODS_RECEIPT, warehouse=warehouse, organization=warehouse.organization,
        supplier=supplier, date="2026-11-20T09:00:00Z",
    )  # fmt: skip
    order = stock.CustomerOrderFactory(pk=77, warehouse=warehouse, lines={SkuFactory(code="10003"): 2})
    stock.BalanceFactory(warehouse=warehouse, sku=order.lines.get().sku)
    program = Program()

    shown = list(calls())

    assert len(shown) > 15
    for method, path, headers, body in shown:
        headers.pop("Authorization")
        assert headers.pop("Content-Type", "") == ("application/json" if body else "")
        status, answer = program.call(method, quote(path, safe="/?=&,%"), body, **headers)
        assert status in {200, 201}, (method, path, answer)


def test_every_refusal_and_every_list_is_named():
    assert set(REFUSALS) <= NAMED
    lists = {path.removeprefix(ROOT) for _method, path, _operation in OPERATIONS.values() if "{" not in path}
    assert lists <= NAMED


def test_the_limits_are_those_of_the_guide():
    guide = GUIDE.replace("\n", " ")

    assert f"from 1 to {MOST}, {LIMIT} if you do not say" in guide
    assert f"Up to {prices.MOST_PRICES} at once" in guide
    assert f"Up to {drafts.MOST_LINES} lines" in guide
    assert f"remembered for {answers.KEPT.days} days" in guide
    for name, throttle in (("reading", throttles.ReadThrottle), ("writing", throttles.WriteThrottle)):
        assert f"| {name} | {throttle.buckets.rate} | {throttle.buckets.burst} |" in guide


@pytest.mark.django_db
def test_the_command_makes_a_token_that_works(capsys):
    user = UserFactory(role=Role.ACCOUNTANT)

    call_command("api_token", user.username, name="1С")

    program = Program(user)
    program.token = capsys.readouterr().out.strip()
    assert program.token.startswith(api_tokens.PREFIX)
    assert program.get("goods-receipts")[0] == 200


@pytest.mark.django_db
def test_the_command_makes_no_token_for_nobody():
    with pytest.raises(CommandError, match="Nobody"):
        call_command("api_token", "nobody")
