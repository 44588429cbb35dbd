"""The exchange by files: never over one that has not been read, and never one twice."""

import os
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from exchange.choices import ExchangeKind, PostedKind, SessionResult
from exchange.models import ExchangeSession, PostedDocument
from exchange.protocols.equipment_service import files, schemas, xml
from exchange.protocols.equipment_service.formats import FORMATS
from exchange.services.equipment_service import folders
from registers.models import KkmTransaction
from stock.models import Balance
from stock.services.intake import Busy
from tests.exchange import equipment as es
from tests.exchange.equipment_till import codes
from tests.exchange.rules import leave, priced
from tests.factories.exchange import EquipmentFactory

pytestmark = pytest.mark.django_db
KNOWN = FORMATS[3003]


@pytest.fixture
def equipment():
    return EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="касса", format_version=3003)


@pytest.fixture
def folder(settings, tmp_path, equipment):
    settings.EQUIPMENT_FILES = str(tmp_path)
    place = tmp_path / equipment.folder
    place.mkdir()
    return place


def look(**later):
    return folders.look(now=timezone.now() + timedelta(**later))


def exported(folder):
    return xml.read((folder / "export.xml").read_bytes())


def mark(folder):
    """Mark our file as the device does when it has read it."""
    path = folder / "export.xml"
    path.write_text(path.read_text().replace("<ExportData ", '<ExportData Processed="2026-11-21T10:00:00" ', 1))


def bring(folder, *reports, name="SaleReports"):
    inner = es.sale_reports(*reports).partition("?>")[2] if reports else es.tare_openings()
    document = f'<ImportData xmlns="{KNOWN.namespace}" FormatVersion="3003">{inner}</ImportData>'
    (folder / "import.xml").write_text(document)


def test_trouble_with_one_device_does_not_stop_the_others(equipment, folder, monkeypatch):
    other = EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="другая", format_version=3003)
    taken_in = folders.take_in

    def troubled(*, equipment, **given):
        if equipment != other:
            raise ArithmeticError
        return taken_in(equipment=equipment, **given)

    monkeypatch.setattr(folders, "take_in", troubled)

    assert look() == 1
    assert not (folder / "export.xml").exists()
    assert (folder.parent / "другая" / "export.xml").exists()


def test_a_device_finds_settings_goods_and_orders_in_one_file(equipment, folder):
    sku = priced(equipment.rule)

    assert look() == 1

    root = exported(folder)
    schemas.check(root, KNOWN)
    assert [xml.etree.QName(one).localname for one in root] == ["Settings", "PriceList", "Orders"]
    assert codes(root) == [sku.code]
    assert [path.name for path in folder.iterdir()] == ["export.xml"]


def test_a_file_that_has_not_been_read_is_never_written_over(equipment, folder):
    priced(equipment.rule)
    look()
    before = (folder / "export.xml").read_bytes()
    priced(equipment.rule)

    assert look() == 0
    assert (folder / "export.xml").read_bytes() == before


def test_once_a_file_has_been_read_the_next_tells_what_has_changed(equipment, folder):
    _milk, bread = priced(equipment.rule), priced(equipment.rule)
    look()
    mark(folder)
    leave(equipment.rule, bread, Decimal(3))

    assert look(days=2) == 1
    assert codes(exported(folder)) == [bread.code]


def test_nothing_is_written_where_nothing_has_changed(equipment, folder):
    priced(equipment.rule)
    look()
    mark(folder)

    assert look() == 0
    assert files.is_processed((folder / "export.xml").read_bytes())


def test_what_a_device_brings_is_taken_in_once_and_marked(equipment, folder):
    milk = priced(equipment.rule, code="1001")
    bring(folder, es.sale_report(es.check()))

    look()
    look()

    assert Balance.objects.get(sku=milk).sold == 2
    assert KkmTransaction.objects.count() == 3
    left = xml.read((folder / "import.xml").read_bytes())
    schemas.check(left, KNOWN)
    assert files.was_processed(left)
    assert not len(left)
    assert ExchangeSession.objects.filter(operation="ImportData").count() == 1


def test_opened_alcohol_is_kept(equipment, folder):
    bring(folder)

    look()

    assert PostedDocument.objects.get().kind == PostedKind.TARE


def test_an_open_shift_is_put_aside_with_words(equipment, folder):
    bring(folder, es.sale_report(es.check(), ClosingDate=None))

    look()

    assert not (folder / "import.xml").exists()
    assert [path.suffix for path in folder.glob("import*")] == [".refused"]
    assert "still open" in ExchangeSession.objects.get(operation="ImportData").error


@pytest.mark.parametrize("content", ["", "<a/>", "<ImportData", '<ImportData xmlns="urn:x"/>', "<!DOCTYPE a><a/>"])
def test_what_nobody_can_read_is_put_aside_once_it_lies_still(equipment, folder, content):
    (folder / "import.xml").write_text(content)

    look()
    assert (folder / "import.xml").exists()
    look(minutes=5)

    assert [path.suffix for path in folder.glob("import*")] == [".broken"]
    assert ExchangeSession.objects.get(operation="ImportData").result == SessionResult.REFUSED


def test_a_busy_database_leaves_the_file_for_the_next_look(equipment, folder, monkeypatch):
    bring(folder, es.sale_report(es.check()))

    def busy(**kwargs):
        raise Busy

    with monkeypatch.context() as patch:
        patch.setattr("stock.services.intake.take_in", busy)
        look()
    look()

    assert KkmTransaction.objects.count() == 3


def test_a_file_that_came_while_another_was_taken_in_is_taken_in_next(equipment, folder, monkeypatch):
    bring(folder, es.sale_report(es.check()))
    post = folders._post

    def post_and_bring(*args):
        post(*args)
        bring(folder, es.sale_report(es.check(UUID=es.RETURN, Number="2")))
        os.utime(folder / "import.xml", (1, 1))

    with monkeypatch.context() as patch:
        patch.setattr(folders, "_post", post_and_bring)
        look()
    look()

    assert KkmTransaction.objects.filter(kind="sale").count() == 2


def test_links_are_not_followed(equipment, folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a secret of the house")
    (folder / "import.xml").symlink_to(secret)

    look(minutes=5)

    assert not ExchangeSession.objects.filter(operation="ImportData").exists()


def test_nothing_is_looked_for_without_a_folder(settings, equipment):
    settings.EQUIPMENT_FILES = ""

    assert look() == 0


def test_formats_of_1_x_have_no_files(equipment, folder):
    equipment.format_version = 1007
    equipment.save()

    assert look() == 0


def test_goods_that_cannot_be_written_are_said_to_be(equipment, folder, monkeypatch):
    def fail(**kwargs):
        raise schemas.Mismatch("нет слова")

    monkeypatch.setattr("exchange.services.equipment_service.building.build", fail)

    assert look() == 0
    assert "нет слова" in ExchangeSession.objects.get().error
