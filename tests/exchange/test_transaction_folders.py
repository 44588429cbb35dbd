"""Folders of tills that speak by files: reports in, once; goods out, read back by the description of the format."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from exchange import tasks
from exchange.choices import ExchangeKind
from exchange.models import DeviceState, ExchangeSession, TransactionFile
from exchange.protocols.shtrih import goods as shtrih_goods
from exchange.services import loads
from exchange.services.transaction_files import folders, loading, outgoing
from registers.models import KkmTransaction
from stock.services.intake import Busy
from tests.exchange.rules import leave, priced
from tests.exchange.test_frontol_report import goods as frontol_goods
from tests.exchange.test_frontol_report import sale as frontol_sale
from tests.exchange.test_shtrih_files import receipt
from tests.exchange.test_shtrih_report import HEAD
from tests.exchange.test_transaction_files import _archive, lines, told  # noqa: F401
from tests.factories.exchange import EquipmentFactory, RegisterLoadFactory
from tests.factories.retail import BarcodeFactory
from tests.stock.holding import balance, stocked

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def equipment(settings, tmp_path):
    settings.EQUIPMENT_FILES = str(tmp_path / "exchange")
    made = EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="7", dialect="shtrih", device_id=None)
    folder_of(made, settings).mkdir(parents=True)
    return made


@pytest.fixture
def folder(equipment, settings):
    return folder_of(equipment, settings)


@pytest.fixture
def milk(equipment):
    return stocked(equipment.register, 1000, name="Молоко", code="10001")


def folder_of(equipment, settings):
    return Path(settings.EQUIPMENT_FILES) / equipment.folder


def put(folder, content, *, name="report.txt", at=NOW - timedelta(minutes=5)):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("cp1251"))
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def looked():
    found = folders.look(now=NOW)
    return (found.taken, found.broken, found.waiting)


def test_a_report_is_taken_in_and_its_mark_rewritten(equipment, folder, milk):
    path = put(folder, HEAD + receipt(1))

    assert looked() == (1, 0, 0)

    assert path.read_bytes() == ("@" + (HEAD + receipt(1))[1:]).encode("cp1251")
    assert balance(equipment.register, milk).sold == 1
    assert looked() == (0, 0, 0)


def test_the_mark_stays_until_all_is_recorded(equipment, folder, milk, monkeypatch):
    path = put(folder, HEAD + receipt(1) + receipt(2))

    def killed(**_given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(loading, "_end", killed)
        patched.setattr(loading, "_is_hopeless", lambda _file: killed())
        with pytest.raises(KeyboardInterrupt):
            looked()
    assert path.read_bytes().startswith(b"#")

    assert looked() == (1, 0, 0)
    assert path.read_bytes().startswith(b"@")
    assert (KkmTransaction.objects.count(), balance(equipment.register, milk).sold) == (2, 2)


def test_while_the_database_is_away_the_report_stays(equipment, folder, milk, monkeypatch):
    path = put(folder, HEAD + receipt(1))

    def away(**_given):
        raise Busy

    with monkeypatch.context() as patched:
        patched.setattr(loading.intake, "take_in_prepared", away)
        with pytest.raises(Busy):
            looked()

    assert path.read_bytes().startswith(b"#")
    assert looked() == (1, 0, 0)


def test_what_is_being_written_waits(equipment, folder, milk):
    put(folder, HEAD + receipt(1), at=NOW - timedelta(seconds=2))

    assert looked() == (0, 0, 1)
    assert not TransactionFile.objects.exists()


def test_a_report_under_another_name_adds_nothing(equipment, folder, milk):
    put(folder, HEAD + receipt(1))
    looked()
    put(folder, HEAD + receipt(1), name="copy.txt")

    assert looked() == (1, 0, 0)
    assert (TransactionFile.objects.count(), balance(equipment.register, milk).sold) == (1, 1)


def test_what_is_no_report_is_put_aside(equipment, folder, monkeypatch):
    monkeypatch.setattr(loading, "HOPELESS", 2)
    put(folder, b"?\n?\n?\n", name="readme.txt")

    assert looked() == (0, 1, 0)
    assert (folder / "broken" / "readme.txt").exists()


def test_links_folders_and_our_own_files_are_left_alone(equipment, folder, tmp_path):
    (tmp_path / "secret.txt").write_text("#\n")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "folder.txt").mkdir()
    put(folder, "#\n", name="goods-flag.txt")
    put(folder, "#\n", name=".hidden.txt")

    assert looked() == (0, 0, 0)


def test_our_own_dialect_has_no_mark_and_goes_away(equipment, folder, milk):
    equipment.dialect = "kkmtransfer"
    equipment.save()
    put(folder, lines(told(1)), name="day.jsonl")

    tasks.transaction_folders_look()

    assert (folder / "processed").is_dir()
    assert balance(equipment.register, milk).sold == 1


def test_nothing_is_done_where_no_folder_is_named(equipment, settings):
    settings.EQUIPMENT_FILES = ""

    assert looked() == (0, 0, 0)


# Goods, read back by the description of the format.


def read_back(folder):
    """Return the flags, the mark, and the lines by their kind."""
    first, mark, *rest = (folder / "goods.txt").read_bytes().decode("cp1251").split("\r\n")
    assert rest.pop() == ""
    found = {"good": {}, "group": {}, "barcode": [], "tax": [], "rate": []}
    for line in rest:
        if line[0] in "*+":
            found["tax" if line[0] == "*" else "rate"].append(line[1:].split(";"))
        elif line[0] == "#":
            fields = line[1:].split(";")
            assert len(fields) == 11
            found["barcode"].append((fields[0], fields[1]))
        else:
            fields = line.split(";")
            assert (len(fields), fields[-1]) == (31, "")
            found["good" if fields[16] == "1" else "group"][fields[0]] = fields
    return first, mark, found


def loaded_by_till(folder):
    path = folder / "goods.txt"
    path.write_bytes(path.read_bytes().replace(b"\r\n#\r\n", b"\r\n@\r\n", 1))
    (folder / "goods-flag.txt").unlink()


def test_goods_are_written_whole_first_and_read_back(equipment, folder):
    sku = priced(equipment.rule, amount="99.50", item__name="Хлеб; «Бородинский» #1", item__article="А-1")
    for value in ("4600000000015", "4600000000022"):
        BarcodeFactory(sku=sku, value=value)
    leave(equipment.rule, sku, Decimal("5.000"))

    looked()

    first, mark, found = read_back(folder)
    assert (first, mark) == ("##@@&&$$$CLR {NAL} {GR_NL} $$$CLR {COM_GR_TOV} $$$ADD", "#")
    [fields] = found["good"].values()
    assert (fields[0], fields[2], Decimal(fields[4])) == (sku.code, "Хлеб  «Бородинский»  1", Decimal("99.50"))
    assert (fields[10], fields[11], fields[16]) == ("1", "А-1", "1")
    assert {fields[1], *(value for _code, value in found["barcode"])} == {"4600000000015", "4600000000022"}
    assert {rate[3] for rate in found["rate"]} >= {"20", "10", "0", "18"}
    assert (folder / "goods-flag.txt").read_bytes() == b""


def test_a_file_that_is_not_loaded_is_not_overwritten_and_then_only_changes_go(equipment, folder):
    first = priced(equipment.rule)
    looked()
    before = (folder / "goods.txt").read_bytes()
    second = priced(equipment.rule)

    looked()
    assert (folder / "goods.txt").read_bytes() == before

    loaded_by_till(folder)
    looked()
    header, _mark, found = read_back(folder)
    assert (header, set(found["good"])) == ("##@@&&$$$RPL", {second.code})
    assert first.code not in found["good"]

    loaded_by_till(folder)
    assert folders.look(now=NOW).written == 0
    state = DeviceState.objects.get()
    assert (state.pending, state.confirmed_at) == (None, NOW)


def test_what_leaves_the_rule_makes_the_file_a_whole_one(equipment, folder):
    kept, gone = priced(equipment.rule), priced(equipment.rule)
    looked()
    loaded_by_till(folder)
    gone.withdrawn = True
    gone.save()

    looked()

    header, _mark, found = read_back(folder)
    assert ("$$$CLR" in header, set(found["good"])) == (True, {kept.code})


def test_every_kind_of_marking_has_a_word_or_a_flag():
    good = shtrih_goods.Good(code="1", name="x", price=Decimal(1), marking="alcohol")

    [_head, _mark, line] = list(shtrih_goods.write(groups=(), goods=[good], full=False))

    fields = line.decode("cp1251").split(";")
    assert (fields[12], fields[18], fields[25]) == ("1", "1", "2")


def test_an_order_of_a_full_load_is_obeyed(equipment, folder, django_user_model):
    sku = priced(equipment.rule)
    looked()
    loaded_by_till(folder)
    assert folders.look(now=NOW).written == 0
    load = RegisterLoadFactory(organization=equipment.organization, registers=[equipment.register])
    loads.post(load=load, by=django_user_model.objects.create(username="m"), now=NOW)

    looked()

    header, _mark, found = read_back(folder)
    assert ("$$$CLR" in header, set(found["good"])) == (True, {sku.code})
    loaded_by_till(folder)
    assert folders.look(now=NOW).written == 0


def test_a_file_that_lost_its_flag_is_flagged_again(equipment, folder):
    priced(equipment.rule)
    looked()
    (folder / "goods-flag.txt").unlink()
    written = (NOW - timedelta(minutes=11)).timestamp()
    os.utime(folder / "goods.txt", (written, written))

    looked()

    assert (folder / "goods-flag.txt").exists()


def test_what_was_written_stands_in_the_exchange_log(equipment, folder):
    priced(equipment.rule)

    looked()

    session = ExchangeSession.objects.get()
    assert (session.equipment, session.summary) == (equipment, "1 good, all there are.")


def test_of_two_workers_one_writes(equipment, folder, monkeypatch):
    priced(equipment.rule)
    monkeypatch.setattr(outgoing, "lock", lambda _equipment: None)

    assert folders.look(now=NOW).written == 0
    assert not (folder / "goods.txt").exists()


# Frontol.


@pytest.fixture
def frontol(equipment):
    equipment.dialect = "frontol"
    equipment.save()
    return equipment


def test_goods_for_frontol_are_read_back(frontol, folder):
    sku = priced(frontol.rule, amount="99.50", item__name="Хлеб; белый", item__article="А-1")
    for value in ("4600000000015", "4600000000022"):
        BarcodeFactory(sku=sku, value=value)

    looked()

    header, mark, clear, command, line = (folder / "goods.txt").read_bytes().decode("cp1251").split("\r\n")[:5]
    assert (header, mark, clear, command) == ("##@@&&", "#", "$$$DELETEALLWARES", "$$$REPLACEQUANTITY")
    told = dict(enumerate(line.split(";"), start=1))
    assert (told[1], told[3], Decimal(told[5]), told[17]) == (sku.code, "Хлеб¤ белый", Decimal("99.50"), "1")
    assert (set(told[2].split(",")), told[23], told[26]) == ({"4600000000015", "4600000000022"}, "1", "А-1")


def test_a_report_of_frontol_is_taken_in_once(frontol, folder):
    milk = stocked(frontol.register, 1000, name="Молоко", code="10001")
    text = HEAD + frontol_sale(frontol_goods(2))
    path = put(folder, text, name="sales.txt")

    assert looked() == (1, 0, 0)

    assert path.read_bytes().startswith(b"@")
    assert balance(frontol.register, milk).sold == 2
    put(folder, text, name="sales2.txt")
    assert (looked(), balance(frontol.register, milk).sold) == ((1, 0, 0), 2)


def test_frontol_is_asked_for_a_report(frontol, folder, capsys):
    call_command("ask_for_report", f"--register={frontol.register.number}", "--from=2026-11-01", "--to=2026-11-20")

    assert (folder / "sales-flag.txt").read_text().split() == ["$$$TRANSACTIONSBYDATERANGE", "01.11.2026;20.11.2026"]


def test_others_know_no_requests(equipment):
    with pytest.raises(CommandError, match="asked for a report by a file"):
        call_command("ask_for_report", f"--register={equipment.register.number}", "--from=2026-11-01")
    with pytest.raises(CommandError, match="has no equipment"):
        call_command("ask_for_report", "--register=404404", "--from=2026-11-01")
