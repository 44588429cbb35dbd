"""The folder of a cash server of Artix: sales in, once."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exchange.choices import ExchangeKind
from exchange.models import EquipmentTill, TransactionFile
from exchange.services.rules import checks
from exchange.services.transaction_files import folders
from registers.models import KkmTransaction
from tests.exchange.artix import document, shift, told
from tests.exchange.test_transaction_files import _archive  # noqa: F401 - A fixture of both.
from tests.factories.exchange import EquipmentFactory
from tests.stock.holding import balance, stocked

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def equipment(settings, tmp_path):
    settings.EQUIPMENT_FILES = str(tmp_path / "exchange")
    return EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="artix", dialect="artix", device_id=None)


@pytest.fixture
def folder(equipment, settings):
    path = Path(settings.EQUIPMENT_FILES) / equipment.folder
    path.mkdir(parents=True)
    return path


@pytest.fixture
def milk(equipment):
    return stocked(equipment.register, 1000, name="Молоко", code="10001")


def put(path, content, *, at=NOW - timedelta(minutes=5)):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_sales_of_both_folders_are_taken_in_once_and_put_away(equipment, folder, milk):
    put(folder / "sale1/online/sale1.json", told([document(1)]))
    put(folder / "sale1/sale20.json", told([document(1), document(2)], [shift()]))
    put(folder / "other/sale1.json", told([document(3)]))

    looked = folders.look(now=NOW)

    assert (looked.taken, looked.broken, looked.waiting) == (2, 0, 0)
    assert balance(equipment.register, milk).sold == 2
    assert (folder / "sale1/processed/2026-11-21/sale20.json").read_bytes().startswith(b"### sales data begin")
    assert (folder / "sale1/online/processed/2026-11-21/sale1.json").exists()
    assert (folder / "other/sale1.json").exists()
    assert folders.look(now=NOW).taken == 0


def test_of_several_tills_nothing_is_taken_in_until_one_is_named(equipment, folder, milk):
    put(folder / "sale1/sale1.json", told([document(1)]))
    put(folder / "sale2/sale1.json", told([document(2, cashCode="2")]))

    assert folders.look(now=NOW).taken == 0
    assert "unnamed_tills" in {found.code for found in checks.missing(equipment=equipment, now=NOW)}

    EquipmentTill.objects.create(equipment=equipment, code="1", register=equipment.register)
    assert folders.look(now=NOW).taken == 2
    assert balance(equipment.register, milk).sold == 1
    files = {file.name: file.quarantined > 0 for file in TransactionFile.objects.all()}
    assert files == {"sale1/sale1.json": False, "sale2/sale1.json": True}
    assert "unnamed_tills" not in {found.code for found in checks.missing(equipment=equipment, now=NOW)}


def test_a_link_to_somewhere_else_is_left_alone(equipment, folder, milk, tmp_path):
    put(tmp_path / "else/sale1.json", told([document(1)]))
    (folder / "sale1").symlink_to(tmp_path / "else")
    (folder / "sale2").mkdir()
    (folder / "sale2/online").symlink_to(tmp_path / "else")

    folders.look(now=NOW)

    assert not KkmTransaction.objects.exists()
