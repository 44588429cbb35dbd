"""Files of «Экспорт XML»: taken in once, also when the same has been pushed, and put away only when recorded."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from exchange import tasks
from exchange.models import Ukm5Unclaimed
from exchange.services.ukm5 import files, taking
from registers.models import KkmTransaction, Receipt, Shift, TransactionConflict
from stock.models import Reservation, ZReport
from stock.services import intake, processing
from stock.services.intake import Busy
from tests.exchange.ukm5 import GUID, Side, as_xml, item, let_in_network
from tests.factories.exchange import Ukm5StoreFactory
from tests.stock.holding import balance, held, stocked

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DONE = (200, {"result": "success"})


@pytest.fixture(autouse=True)
def _open(settings, tmp_path):
    let_in_network(settings)
    settings.UKM5_FILES = str(tmp_path)


@pytest.fixture
def side():
    side = Side()
    side.till.store.folder = "77"
    side.till.store.save()
    return side


@pytest.fixture
def milk(side):
    return stocked(side.register, 9, name="Молоко", code="10001")


@pytest.fixture
def folder(side, tmp_path) -> Path:
    made = tmp_path / "77"
    made.mkdir()
    return made


def name_of(side, root="receipt", document="1015"):
    parts = (root, side.till.store.code, side.till.number, "12", *([document] if document else []), "1")
    return "_".join(parts) + ".xml"


def put(folder, name, content, *, at=NOW - timedelta(minutes=5)):
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def looked(**fields):
    found = files.look(now=NOW, **fields)
    return (found.taken, found.broken, found.waiting)


def left(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.xml"))


def test_a_receipt_is_taken_in_and_put_away(side, milk, folder):
    side.post("10001", "3")
    put(folder, name_of(side), as_xml("receipt", side.receipt(item("10001"))))

    assert looked() == (1, 0, 0)

    [told] = KkmTransaction.objects.all()
    assert (told.register, told.kind, told.state, told.number, told.shift_number) == (
        side.register,
        "sale",
        "accepted",
        15,
        12,
    )
    receipt = Receipt.objects.get()
    assert (receipt.uid, receipt.total, receipt.cashier) == (GUID, 198, "Лебедева Н. П.")
    assert Reservation.objects.get().state == "committed"
    assert (held(side.register, milk), balance(side.register, milk).sold) == (0, 2)
    assert left(folder) == [f"processed/2026-11-21/{name_of(side)}"]
    assert looked() == (0, 0, 0)


def test_a_file_exported_again_is_known(side, milk, folder):
    for _time in range(2):
        put(folder, name_of(side), as_xml("receipt", side.receipt(item("10001"))))
        assert looked() == (1, 0, 0)

    assert KkmTransaction.objects.count() == 1
    assert balance(side.register, milk).sold == 2


@pytest.mark.parametrize("push_first", [True, False])
@pytest.mark.parametrize("guid", [GUID, ""])
@pytest.mark.parametrize("fields", [{}, {"result": "Cancelled"}, {"receiptType": "RefundOnReceipt"}])
def test_the_same_receipt_by_push_and_by_file_is_one(side, milk, folder, push_first, guid, fields):
    told = side.receipt(item("10001"), guid=guid, **fields)
    put(folder, name_of(side), as_xml("receipt", {key: told[key] for key in told if key not in ("shiftId", "posId")}))

    if push_first:
        assert side.push(told) == DONE
    assert looked() == (1, 0, 0)
    assert side.push(told) == DONE

    assert KkmTransaction.objects.count() == Receipt.objects.count() == 1
    assert not TransactionConflict.objects.exists()
    assert not KkmTransaction.objects.exclude(state="accepted").exists()


def test_cash_by_push_and_by_file_is_one(side, folder):
    told = side.cash()
    of_file = {key: told[key] for key in told if key not in ("posId", "shiftId", "id", "localNumber")}
    put(folder, name_of(side, "cashbox", "3"),
        as_xml("cashbox", {**of_file, "posNumber": side.till.number, "docNum": 3}))  # fmt: skip
    side.push(told, to="moneyOperation")

    assert looked() == (1, 0, 0)

    assert [(one.kind, one.amount, one.state) for one in KkmTransaction.objects.all()] == [
        ("cash_in", 5000, "accepted")
    ]


def test_a_shift_is_opened_holds_its_receipts_and_is_closed(side, milk, folder):
    number, store = side.till.number, side.till.store.code
    of = f'storeId="{store}" posNum="{number}" shiftNum="12"'
    receipts = [
        side.receipt(item("10001"), number=place, guid=f"g{place}", dates={"dateClose": f"2026-11-20T10:15:{place}"})
        for place in (15, 16)
    ]
    within = "".join(as_xml("receipt", told).decode().split("\n", 1)[1] for told in receipts)
    within = within.replace(f' storeId="{store}" posNum="{number}" shiftNum="12"', "").replace("<receipt ", "<receipt")
    shift = f"""<?xml version="1.0" encoding="UTF-8"?>
        <shift {of}><version>1.5</version><dateClose>2026-11-20T22:00:00</dateClose>
        <saleAmount>396.00</saleAmount><returnAmount>0</returnAmount><receipts>{within}</receipts></shift>"""
    put(
        folder,
        name_of(side, "shiftOpen", ""),
        f"<shiftOpen {of}><dateOpen>2026-11-20T08:00:00</dateOpen></shiftOpen>".encode(),
    )
    put(folder, name_of(side), as_xml("receipt", receipts[0]))
    put(folder, name_of(side, "shift", ""), shift.encode())

    assert looked() == (3, 0, 0)

    told = KkmTransaction.objects.order_by("occurred_at").values_list("kind", "state")
    assert [*told] == [(kind, "accepted") for kind in ("shift_open", "sale", "sale", "shift_close")]
    shift = Shift.objects.get()
    assert (shift.opened_at, shift.closed_at) == (
        datetime(2026, 11, 20, 5, tzinfo=UTC),
        datetime(2026, 11, 20, 19, tzinfo=UTC),
    )
    assert shift.counters == {"sales": "396.00", "returns": "0.00"}
    assert balance(side.register, milk).sold == 4

    processing.run(now=NOW)

    report = ZReport.objects.get()
    assert (report.register, not report.discrepancies.exists()) == (side.register, True)
    assert balance(side.register, milk).sold == 0


def test_what_is_half_written_waits_and_what_stays_broken_is_put_aside(side, folder):
    whole = as_xml("receipt", side.receipt(item("404")))
    path = put(folder, name_of(side), whole[:-20], at=NOW - timedelta(seconds=5))

    assert looked() == (0, 0, 1)
    assert not KkmTransaction.objects.exists()

    put(folder, path.name, whole[:-20])
    assert looked() == (0, 1, 0)
    told = KkmTransaction.objects.get()
    assert (told.register, told.state, bytes(told.raw)) == (side.register, "error_desk", whole[:-20])
    assert left(folder) == [f"broken/{path.name}"]


ATTACKS = {
    "billion laughs": b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><receipt><id>&b;</id></receipt>',
    "a file of ours": b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><receipt><id>&a;</id></receipt>',
    "a document type elsewhere": b'<!DOCTYPE receipt SYSTEM "http://127.0.0.1:9/x.dtd"><receipt/>',
    "depth": b"<receipt>" * 5000,
    "another root": b"<updateItems><item/></updateItems>",
    "no XML": b"\x00\x01\x02",
    "UTF-16": "<shift><receipt/></shift>".encode("utf-16"),
    "nothing": b"",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_no_document_of_ours_stands_on_the_error_desk(side, folder, attack):
    put(folder, name_of(side), ATTACKS[attack])

    looked()

    assert KkmTransaction.objects.get().problems[0]["code"] in ("unreadable", "nul_character")
    assert not list(folder.glob("*.xml"))


def test_a_file_that_is_too_large_is_put_aside_unread(side, folder, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 100)
    monkeypatch.setattr(files, "KEPT", 10)
    put(folder, name_of(side), as_xml("receipt", side.receipt(item("404"))))

    assert looked() == (0, 1, 0)
    assert bytes(KkmTransaction.objects.get().raw) == b"<?xml vers"


def test_a_file_of_a_till_nobody_knows_is_kept(side, folder):
    told = as_xml("receipt", side.receipt(item("404"), posNumber=88))
    put(folder, "receipt_x_88_12_15_1.xml", told)
    put(folder, "anything.xml", b"<broken")

    assert looked() == (1, 1, 0)

    assert {bytes(one.raw) for one in Ukm5Unclaimed.objects.all()} == {told, b"<broken"}
    assert {one.sender for one in Ukm5Unclaimed.objects.all()} == {side.till.store}


def test_in_its_folder_a_store_speaks_for_no_other(side, milk, folder, tmp_path):
    (tmp_path / "other").mkdir()
    other = Ukm5StoreFactory(folder="other")
    put(tmp_path / "other", name_of(side), as_xml("receipt", side.receipt(item("10001"))))

    assert looked() == (1, 0, 0)

    assert not KkmTransaction.objects.exists()
    assert Ukm5Unclaimed.objects.get().sender == other
    assert taking.claim(now=NOW) == 0


def test_who_it_is_of_may_stand_in_the_name_alone(side, folder):
    put(folder, name_of(side), b"<receipt><id>15</id></receipt>")

    assert looked() == (1, 0, 0)

    assert (KkmTransaction.objects.get().register, KkmTransaction.objects.get().state) == (side.register, "error_desk")


def test_while_the_database_is_away_the_file_stays(side, milk, folder, monkeypatch):
    def away(**_params):
        raise OperationalError("gone")

    put(folder, name_of(side), as_xml("receipt", side.receipt(item("10001"))))
    with monkeypatch.context() as patched:
        patched.setattr(intake.INTAKE, "rows", away)
        with pytest.raises(Busy):
            looked()
    assert left(folder) == [name_of(side)]

    assert looked() == (1, 0, 0)
    assert KkmTransaction.objects.count() == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_is_exported_anew_while_the_first_is_taken_in_is_taken_in_too(side, milk, folder, monkeypatch, moment):
    path = put(folder, name_of(side), as_xml("receipt", side.receipt(item("10001"))))
    newer = as_xml(
        "receipt",
        side.receipt(item("10001"), number=16, id=2000, guid="another", dates={"dateClose": "2026-11-20T11:00:00"}),
    )
    if moment == "before":
        real = taking.take_in
        monkeypatch.setattr(
            taking, "take_in", lambda **given: (real(**given), put(folder, path.name, newer, at=NOW))[0]
        )
    else:
        real_replace = Path.replace
        monkeypatch.setattr(
            Path, "replace", lambda old, new: (put(folder, path.name, newer, at=NOW), real_replace(old, new))[1]
        )

    assert looked() == (0, 0, 1)
    assert left(folder) == [path.name]
    monkeypatch.undo()

    files.settings.UKM5_FILES = str(folder.parent)
    assert looked() == (1, 0, 0)
    assert KkmTransaction.objects.filter(kind="sale").count() == 2


def test_links_folders_and_other_files_are_left_alone(side, folder, tmp_path):
    secret = tmp_path / "secret.xml"
    secret.write_text("<receipt/>")
    (folder / "link.xml").symlink_to(secret)
    (folder / "folder.xml").mkdir()
    put(folder, "readme.txt", b"hello")

    assert looked() == (0, 0, 0)
    assert secret.exists()


def test_nothing_is_looked_for_where_no_folder_is_named(side, settings):
    settings.UKM5_FILES = ""

    assert looked() == (0, 0, 0)
    with pytest.raises(CommandError):
        call_command("ukm5_files")


def test_a_folder_that_cannot_be_read_holds_up_no_other(side, milk, folder, settings):
    Ukm5StoreFactory(folder="file")
    (folder.parent / "file").write_text("no folder")
    put(folder, name_of(side), as_xml("receipt", side.receipt(item("10001"))))

    assert looked() == (1, 0, 0)


def test_a_command_and_a_task_do_it(side, milk, folder, capsys):
    put(folder, name_of(side), as_xml("receipt", side.receipt(item("10001"))))
    call_command("ukm5_files", store=side.till.store.code)
    assert capsys.readouterr().out == "1 taken in, 0 broken, 0 waiting\n"

    with pytest.raises(CommandError):
        call_command("ukm5_files", store="404")
    tasks.ukm5_files_look()
    tasks.ukm5_unclaimed_claim()
    assert KkmTransaction.objects.count() == 1


def test_amounts_of_a_file_may_have_a_comma_or_stand_beside_attributes(side, milk, folder):
    text = as_xml("receipt", side.receipt(item("10001"))).decode()
    text = text.replace("<price><amount>99.0</amount><code>RUB</code></price>", '<price code="RUB">99,00</price>')
    text = text.replace(
        "<totalQuantity><amount>2</amount><decimals>0</decimals></totalQuantity>",
        "<totalQuantity>2,000</totalQuantity>",
    )
    put(folder, name_of(side), text.encode())

    assert looked() == (1, 0, 0)
    assert KkmTransaction.objects.get().state == "accepted"
    assert balance(side.register, milk).sold == Decimal(2)


@pytest.mark.django_db(transaction=True)
def test_the_same_receipt_by_push_and_by_file_at_the_same_moment_is_one(side, milk, folder):
    told = [
        side.receipt(item("10001", quantity=1), number=n, guid=f"g{n}", dates={"dateClose": f"2026-11-20T10:15:{n}"})
        for n in range(10, 14)
    ]
    for one in told:
        put(folder, name_of(side, document=str(one["id"])), as_xml("receipt", one))
    begin = Barrier(3)

    def run(work):
        try:
            begin.wait(5)
            work()
        finally:
            connection.close()

    looks = [Thread(target=run, args=[lambda: files.look(now=NOW)]) for _place in range(2)]
    threads = [*looks, Thread(target=run, args=[lambda: [side.push(one) for one in reversed(told)]])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert [*KkmTransaction.objects.values_list("kind", "state")] == [("sale", "accepted")] * 4
    assert not TransactionConflict.objects.exists()
    assert balance(side.register, milk).sold == 4
    assert len(left(folder)) == 4
    assert not list(folder.glob("*.xml"))
