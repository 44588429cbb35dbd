"""Goods for Artix, read back by a till made of the description of the format."""

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchange.choices import ExchangeKind
from exchange.models import DeviceState, ExchangeRuleSku, ExchangeSession, RegisterLoadLine
from exchange.services.rules import checks
from exchange.services.transaction_files import artix_goods, folders
from retail.models import Price, Sku
from tests.exchange.artix import document, position, told
from tests.exchange.rules import NOW, leave, priced
from tests.factories.exchange import EquipmentFactory, RegisterLoadFactory
from tests.factories.retail import BarcodeFactory, ItemGroupFactory

pytestmark = pytest.mark.django_db


class CashServer:
    """Loads pairs of files by the words of the description; names are the same in capitals and small letters."""

    def __init__(self, folder):
        self.folder, self.goods, self.groups, self.units, self.taxes = folder, {}, {}, {}, {}
        self.commands = []

    def load(self):
        flags = sorted(self.folder.glob("pos*.flz"))
        for flag in flags:
            path = flag.with_suffix(".aif")
            *parts, rest = path.read_bytes().decode("utf-8").split("\n---\n")
            assert (rest, flag.read_bytes()) == ("", b"")
            for part in parts:
                self.obey({name.lower(): value for name, value in json.loads(part, parse_float=Decimal).items()})
            path.unlink()
            flag.unlink()
        return len(flags)

    def obey(self, told):
        command = told.pop("command")
        self.commands.append(command)
        match command, list(told.values()):
            case "clearInventory", []:
                self.goods.clear()
            case "clearInventGroup", []:
                self.groups.clear()
            case "clearUnit", []:
                self.units.clear()
            case (("clearBarcode" | "clearPrice"), []):
                pass
            case "addInventItem", [invent]:
                assert len(invent["inventcode"]) <= 20
                self.goods[invent["inventcode"]] = invent
            case "deleteInventItem", [code]:
                self.goods.pop(code, None)
            case "addInventGroup", [group]:
                self.groups[group["groupCode"]] = group
            case "addUnit", [unit]:
                self.units[unit["unitCode"]] = unit
            case "addTaxGroup", [group]:
                self.taxes[group["idTaxGroup"]] = group["taxes"]
            case _:
                raise AssertionError(command)


@pytest.fixture
def equipment(settings, tmp_path):
    settings.EQUIPMENT_FILES, settings.MEDIA_ROOT = str(tmp_path), str(tmp_path / "media")
    return EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="artix", dialect="artix", device_id=None)


@pytest.fixture
def folder(equipment, settings):
    path = Path(settings.EQUIPMENT_FILES) / equipment.folder
    path.mkdir()
    return path


@pytest.fixture
def server(folder):
    return CashServer(folder)


def look(*, at=NOW):
    return folders.look(now=at).written


def test_goods_are_written_whole_first_and_read_back(equipment, server):
    group = ItemGroupFactory(name="Хлеб", parent=ItemGroupFactory(name="Еда"))
    sku = priced(equipment.rule, amount="99.50", item__name="Хлеб «---»\n}---", item__article="А-1", item__group=group)
    for value in ("4600000000015", "4600000000022"):
        BarcodeFactory(sku=sku, value=value)
    leave(equipment.rule, sku, Decimal("5.250"))

    assert look() == 1
    assert server.load() == 1

    [good] = server.goods.values()
    assert (good["inventcode"], good["name"], good["articul"]) == (sku.code, "Хлеб «---» }---", "А-1")
    assert (good["price"], good["remain"], good["remaindate"]) == (
        Decimal("99.50"), Decimal("5.250"), "2026-11-21T15:00:00",
    )  # fmt: skip
    assert (good["barcode"], [one["barcode"] for one in good["barcodes"]]) == (
        "4600000000015", ["4600000000015", "4600000000022"],
    )  # fmt: skip
    assert server.groups[good["inventgroup"]]["groupname"] == "Хлеб"
    assert server.groups[server.groups[good["inventgroup"]]["parentGroupCode"]]["groupname"] == "Еда"
    assert server.units[good["measurecode"]]["name"] == sku.item.unit.short_name
    assert [(tax["rate"], tax["changebase"]) for tax in server.taxes[good["taxgroupcode"]]] == [(20, False)]
    assert "minprice" not in good
    assert server.commands[0] == "clearInventory"


@pytest.mark.parametrize(
    ("marking", "kind", "subject", "age"),
    [("", None, 1, None), ("shoes", 7, 1, None), ("tobacco", 3, 2, 18), ("alcohol", None, 2, 18), ("beer", 7, 1, 18)],
)
def test_marked_goods_say_so(equipment, server, marking, kind, subject, age):
    sku = priced(equipment.rule, item__marking=marking)
    BarcodeFactory(sku=sku, value="4600000000015")

    look()
    server.load()

    [good] = server.goods.values()
    assert (good["barcodes"][0].get("tmctype"), good["paymentobject"], good.get("age")) == (kind, subject, age)
    options = good["options"]["inventitemoptions"]
    assert (options["egaisverify"], options["tobacco"], options["ageverify"]) == (
        int(marking == "alcohol"), int(marking == "tobacco"), int(age is not None),
    )  # fmt: skip


def test_what_is_weighed_and_without_vat_and_not_to_be_discounted(equipment, server):
    equipment.register.discounts = False
    equipment.register.save()
    priced(equipment.rule, item__weighed=True, rate="none")

    look()
    server.load()

    [good] = server.goods.values()
    assert good["options"]["quantityoptions"] == {"enablequantityscales": 1}
    assert server.units[good["measurecode"]]["fractional"] is True
    assert (good["minprice"], server.taxes[good["taxgroupcode"]]) == (good["price"], [])


def test_a_pair_that_is_not_loaded_is_not_overwritten_and_then_only_changes_go(equipment, folder, server):
    first = priced(equipment.rule)
    look()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    second = priced(equipment.rule, amount="5.00")

    assert look(at=NOW + timedelta(hours=1)) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    server.load()
    server.commands.clear()
    assert look(at=NOW + timedelta(hours=1)) == 1
    server.load()

    assert set(server.goods) == {first.code, second.code}
    assert [name for name in server.commands if "Invent" in name] == ["addInventItem"]
    assert look(at=NOW + timedelta(hours=2)) == 0
    assert not list(folder.iterdir())


def test_what_leaves_the_rule_is_deleted_and_what_changes_is_told_anew(equipment, server):
    gone, dearer, same = (priced(equipment.rule) for _time in range(3))
    look()
    server.load()
    Sku.objects.filter(pk=gone.pk).update(withdrawn=True)
    Price.objects.filter(sku=dearer).update(amount=Decimal("120.00"))
    leave(equipment.rule, same, Decimal(3))

    look()
    server.load()

    assert {code: (good["price"], good["remain"]) for code, good in server.goods.items()} == {
        dearer.code: (120, 0), same.code: (99, 3),
    }  # fmt: skip


def test_an_order_of_a_full_load_and_another_rule_tell_everything(equipment, server):
    sku, other = priced(equipment.rule), priced(equipment.rule)
    look()
    server.load()
    load = RegisterLoadFactory(registers=[equipment.register])
    RegisterLoadLine.objects.filter(load=load).update(sequence=1)

    server.commands.clear()
    look()
    server.load()
    assert server.commands[0] == "clearInventory"

    ExchangeRuleSku.objects.create(rule=equipment.rule, sku=other, excluded=True)
    look()
    server.load()
    assert set(server.goods) == {sku.code}
    assert look() == 0


def test_a_file_whose_flag_was_lost_is_flagged_and_a_flag_alone_goes(equipment, folder, server):
    priced(equipment.rule)
    look()
    [flag] = folder.glob("*.flz")
    flag.unlink()
    [file] = folder.glob("*.aif")

    look(at=datetime.fromtimestamp(file.stat().st_mtime, UTC) + timedelta(seconds=30))
    assert not flag.exists()
    look(at=datetime.fromtimestamp(file.stat().st_mtime, UTC) + timedelta(minutes=2))
    assert flag.exists()

    file.unlink()
    os.utime(flag, (0, 0))
    assert (look(), flag.exists()) == (0, False)
    assert DeviceState.objects.get().pending is not None


def test_a_kill_before_the_commit_leaves_nothing_that_is_taken_for_loaded(equipment, folder, server, monkeypatch):
    priced(equipment.rule)

    def killed(*_given, **_named):
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(artix_goods, "put", killed)
        assert look() == 0
    assert not DeviceState.objects.exclude(pending=None).exists()

    assert look() == 1
    assert server.load() == 1


def test_the_number_of_statements_does_not_depend_on_goods_and_each_file_is_in_the_log(equipment, folder, server):
    for _time in range(3):
        priced(equipment.rule)
    with CaptureQueriesContext(
        connection,
    ) as few:
        look()
    server.load()
    for _time in range(12):
        priced(equipment.rule)
    DeviceState.objects.update(position=None, pending=None)

    with CaptureQueriesContext(connection) as many:
        look()

    assert len(many) <= len(few)
    server.load()
    assert len(server.goods) == 15
    assert [row.summary for row in ExchangeSession.objects.order_by("pk")] == [
        "3 goods, all there are.", "15 goods, all there are.",
    ]  # fmt: skip


def test_goods_that_are_not_loaded_for_long_are_found_by_the_check(equipment, folder, server):
    def found(after):
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC) + after
        return [finding.text for finding in checks.missing(equipment=equipment, now=at) if "not loaded" in finding.text]

    priced(equipment.rule)
    look()
    [file] = folder.glob("*.aif")

    assert not found(timedelta(minutes=10))
    assert len(found(timedelta(minutes=20))) == 1
    server.load()
    file.with_suffix(".txt").touch()
    assert artix_goods.lies_since(equipment) is None


def test_what_was_written_is_sold_under_the_very_codes(equipment, folder, server):
    sku = priced(equipment.rule, amount="99.00")
    leave(equipment.rule, sku, Decimal(5))
    look()
    server.load()
    [good] = server.goods.values()
    sold = position(code=good["inventcode"], price=float(good["price"]), quantity=2)
    file = folder / "sale1" / "sale1.json"
    file.parent.mkdir()
    file.write_bytes(told([document(1, inventPositions=[sold])]))
    os.utime(file, (0, 0))

    look()
    server.load()

    assert server.goods[sku.code]["remain"] == 3


def test_nothing_is_written_without_a_rule(equipment, folder):
    equipment.rule = None
    equipment.save()

    assert look() == 0
    assert not list(folder.iterdir())
