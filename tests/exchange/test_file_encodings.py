"""Files of Штрих-М and Frontol in each of their encodings: read once, marked where they begin, and written so."""

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exchange.choices import ExchangeKind, FileEncoding
from exchange.models import DeviceState
from exchange.services.transaction_files import encodings, folders
from registers.models import KkmTransaction
from tests.exchange.rules import leave, priced
from tests.exchange.test_frontol_report import goods as frontol_goods
from tests.exchange.test_frontol_report import sale as frontol_sale
from tests.exchange.test_shtrih_files import receipt
from tests.exchange.test_shtrih_report import HEAD
from tests.factories.exchange import EquipmentFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WITH_SIGNS = ["utf-16", "utf-8-sig", "utf-16-le", "utf-16-be", "cp866", "cp1251"]


@pytest.fixture
def equipment(settings, tmp_path):
    settings.EQUIPMENT_FILES, settings.MEDIA_ROOT = str(tmp_path / "files"), str(tmp_path / "media")
    return EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="till", dialect="shtrih", device_id=None)


@pytest.fixture
def folder(equipment, settings):
    path = Path(settings.EQUIPMENT_FILES) / equipment.folder
    path.mkdir(parents=True)
    return path


def put(folder, raw, name):
    path = folder / name
    path.write_bytes(raw)
    at = (NOW - timedelta(minutes=5)).timestamp()
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize("dialect", ["shtrih", "frontol"])
def test_a_report_is_one_in_every_encoding_and_its_mark_is_rewritten_in_place(equipment, folder, dialect):
    equipment.dialect, equipment.encoding = dialect, FileEncoding.OEM
    equipment.save()
    text = receipt(1, sku="Хлеб") if dialect == "shtrih" else frontol_sale(frontol_goods(2, code="Хлеб"))

    for place, encoding in enumerate(WITH_SIGNS[:5]):
        path = put(folder, (HEAD + text).encode(encoding), f"report{place}.txt")
        assert folders.look(now=NOW).taken == 1
        assert path.read_bytes() == (HEAD + text).replace("#", "@", 1).encode(encoding)

    [transaction] = KkmTransaction.objects.all()
    assert transaction.receipt.lines.get().sku_code == "Хлеб"
    assert folders.look(now=NOW).taken == 0


@pytest.mark.parametrize("encoding", FileEncoding.values)
@pytest.mark.parametrize("dialect", ["shtrih", "frontol"])
def test_goods_are_written_in_the_encoding_of_the_till_and_known_to_be_loaded(equipment, folder, dialect, encoding):
    equipment.dialect, equipment.encoding = dialect, encoding
    equipment.save()
    leave(equipment.rule, priced(equipment.rule, item__name="Хлеб"), 5)

    folders.look(now=NOW)

    path = folder / "goods.txt"
    said = path.read_bytes().decode(encoding)
    assert (said.split("\r\n")[1], "Хлеб" in said) == ("#", True)
    folders.look(now=NOW)
    assert DeviceState.objects.get().confirmed_at is None
    path.write_bytes(said.replace("\r\n#\r\n", "\r\n@\r\n", 1).encode(encoding))
    folders.look(now=NOW)
    assert DeviceState.objects.get().confirmed_at == NOW


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"\xff\xfe#", b"\xff\xfe\x00\xd8\x0a\x00", b"\xfe\xff\xd8", b"#"])
def test_what_is_cut_short_or_broken_escapes_nobody(raw):
    found = list(encodings.lines(io.BytesIO(raw), FileEncoding.OEM))

    assert b"".join(line.raw for line in found).decode("utf-8") is not None
    assert encodings.plain(raw).decode("utf-8") is not None
