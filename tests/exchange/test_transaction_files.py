"""Files of transactions: taken in once, however they are called, broken off and repeated."""

import io
import json
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.models import BillingOperation
from exchange.choices import FileDialect, FileState
from exchange.models import EquipmentTill, QuarantinedLine, TransactionFile
from exchange.protocols.kkmtransfer import lines as kkmtransfer
from exchange.services.transaction_files import archive, checking, loading, receiving, words
from registers.models import KkmTransaction, Receipt, TransactionConflict
from retail.models import Constants, Edit
from stock.services import intake
from tests.factories.billing import DiscountCardFactory
from tests.factories.exchange import EquipmentFactory, TransactionFileFactory
from tests.factories.registers import RegisterFactory
from tests.stock.holding import balance, stocked

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _archive(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture
def milk(register):
    return stocked(register, 1000, name="Молоко", code="10001")


def told(number, *, sku="10001", quantity="1.000", **fields):
    amount = f"{Decimal(quantity) * 99:.2f}"
    receipt = {
        "uid": f"r{number}", "number": number, "total": amount,
        "lines": [{"line": 1, "sku": sku, "quantity": quantity, "price": "99.00", "amount": amount, "vat": "22"}],
        "payments": [{"kind": "cash", "amount": amount}],
    }  # fmt: skip
    at = f"2026-11-20T{10 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}+03:00"
    return {
        "number": number,
        "occurred_at": at,
        "uid": f"t{number}",
        "kind": "sale",
        "shift": 12,
        "receipt": receipt,
    } | fields


def lines(*transactions):
    return "".join(json.dumps(one) + "\n" for one in transactions).encode()


def handed(register, content, *, name="day.jsonl", dialect=FileDialect.KKMTRANSFER):
    return receiving.receive(
        source=io.BytesIO(content), name=name, dialect=dialect, register=register, by=None, now=NOW
    )[0]


def loaded(register, content, **fields):
    return loading.load(file=handed(register, content, **fields), now=NOW)


def counts(file):
    return {
        name: getattr(file, name) for name in (*loading.STATUSES, "passed_over", "quarantined") if getattr(file, name)
    }


def test_a_file_is_taken_in_and_accounted_for_to_the_line(register, milk):
    content = lines(told(1), told(2, quantity="2.000"), told(3, sku="404")) + b"\n" + b"{broken\n" + lines(told(1))

    file = loaded(register, content)

    assert (file.state, file.lines, file.position, file.size) == (FileState.DONE, 6, len(content), len(content))
    assert counts(file) == {"accepted": 2, "error_desk": 1, "duplicate": 1, "passed_over": 1, "quarantined": 1}
    assert balance(register, milk).sold == 3
    [line] = file.quarantine.all()
    assert (line.number, bytes(line.raw), words.fault(line.code, line.params)) == (
        5, b"{broken", "The message cannot be read: it is not what the contract describes.",
    )  # fmt: skip
    assert file.lines == file.passed_over + file.quarantined + sum(getattr(file, one) for one in loading.STATUSES)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("сме\u202eна.txt", "смена.txt"),
        ("day\x00\r\n.jsonl", "day.jsonl"),
        ("\udce4.rep", "?.rep"),
        ("x" * 300 + ".rep", "x" * 251 + ".rep"),
    ],
)
def test_a_name_of_a_file_hides_nothing(told, kept):
    assert receiving.fit_name(told) == kept


def test_the_same_file_under_another_name_adds_nothing(register, milk):
    first = loaded(register, lines(told(1)))

    second = loaded(register, lines(told(1)), name="another.jsonl")

    assert (second.pk, second.name, TransactionFile.objects.count()) == (first.pk, "day.jsonl", 1)
    assert balance(register, milk).sold == 1


def test_a_longer_file_that_repeats_the_first_adds_only_what_is_new(register, milk):
    loaded(register, lines(told(1), told(2)))

    longer = loaded(register, lines(told(1), told(2), told(3)))

    assert counts(longer) == {"accepted": 1, "duplicate": 2}
    assert balance(register, milk).sold == 3


def test_another_body_under_a_known_key_is_a_conflict(register, milk):
    loaded(register, lines(told(1)))

    file = loaded(register, lines(told(1, quantity="5.000")))

    assert counts(file) == {"conflict": 1}
    assert (TransactionConflict.objects.count(), balance(register, milk).sold) == (1, 1)


def test_a_kill_in_the_middle_leaves_neither_a_double_nor_a_hole(register, milk, monkeypatch):
    monkeypatch.setattr(loading, "AT_ONCE", 2)
    content = lines(*(told(number) for number in range(1, 8))) + b"?\n"
    file = handed(register, content)

    def killed(_file):
        raise KeyboardInterrupt

    for _time in range(3):
        with pytest.raises(KeyboardInterrupt):
            loading.load(file=file, now=NOW, told=killed)
    assert KkmTransaction.objects.count() == 6

    file = loading.load(file=file, now=NOW)

    assert (file.state, file.lines, counts(file)) == (FileState.DONE, 8, {"accepted": 7, "quarantined": 1})
    assert (KkmTransaction.objects.count(), balance(register, milk).sold) == (7, 7)


def test_a_kill_before_the_commit_takes_the_batch_back_with_the_position(register, milk, monkeypatch):
    file = handed(register, lines(told(1), told(2)))
    with monkeypatch.context() as patched:
        patched.setattr(loading, "_store", lambda *_given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            loading.load(file=file, now=NOW)
    assert not KkmTransaction.objects.exists()

    file = loading.load(file=file, now=NOW)

    assert counts(file) == {"accepted": 2}
    assert balance(register, milk).sold == 2


def test_another_loader_of_the_same_file_gives_up_where_it_was_overtaken(register, milk, monkeypatch):
    monkeypatch.setattr(loading, "AT_ONCE", 1)
    file = handed(register, lines(told(1), told(2)))

    overtaking = iter([True])

    def overtake(_file):
        if next(overtaking, False):
            loading.load(file=file, now=NOW)

    loading.load(file=file, now=NOW, told=overtake)

    file.refresh_from_db()
    assert (file.state, counts(file)) == (FileState.DONE, {"accepted": 2})


def test_a_batch_that_the_database_refuses_is_taken_in_one_by_one(register, milk, monkeypatch):
    real, calls = intake.INTAKE.rows, []

    def refused(**params):
        calls.append(connection.in_atomic_block)
        if len(calls) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return real(**params)

    monkeypatch.setattr(intake.INTAKE, "rows", refused)

    file = loaded(register, lines(told(1), told(2)))

    assert (file.state, counts(file)) == (FileState.DONE, {"accepted": 2})
    assert balance(register, milk).sold == 2


def test_one_batch_is_read_ahead_by_a_thread_that_asks_the_database_nothing(register, milk, monkeypatch):
    monkeypatch.setattr(loading, "AT_ONCE", 2)
    prepare, ahead, connections, read = intake.prepare, [], [], threading.Semaphore(0)

    def prepared(**given):
        connections.append(connection.connection)
        read.release()
        return prepare(**given)

    def while_at_a_batch(**params):
        assert read.acquire(timeout=5)  # The next batch is read while the database is at this one.
        time.sleep(0.01)
        ahead.append(len(connections))
        return rows(**params)

    monkeypatch.setattr(intake, "prepare", prepared)
    rows = intake.INTAKE.rows
    monkeypatch.setattr(intake.INTAKE, "rows", while_at_a_batch)
    read.release()  # Nothing is after the last one.

    file = loaded(register, lines(*(told(number) for number in range(1, 8))))

    assert counts(file) == {"accepted": 7}
    assert (ahead, connections) == ([2, 3, 4, 4], [None] * 4)


def test_few_long_pieces_fill_a_batch_as_well(register, milk, monkeypatch):
    monkeypatch.setattr(loading, "BYTES_AT_ONCE", len(lines(told(1))) + 5)
    positions = []

    file = handed(register, b"\n" + lines(told(1), told(2), told(3)))
    file = loading.load(file=file, now=NOW, told=lambda moved: positions.append(moved.pieces))

    assert (positions, counts(file)) == ([3, 4], {"accepted": 3, "passed_over": 1})


def test_what_stood_before_the_damage_of_an_original_is_taken_in(register, milk, monkeypatch):
    monkeypatch.setattr(loading, "AT_ONCE", 1)
    file = handed(register, lines(told(1), told(2)))
    path = archive.path_of(file.sha256)
    path.write_bytes(path.read_bytes()[:-4])

    file = loading.load(file=file, now=NOW)

    assert (file.state, file.error.partition(":")[0]) == (FileState.FAILED, loading.NOT_READ)
    assert (KkmTransaction.objects.count(), file.accepted) == (2, 2)


def test_while_the_database_is_away_the_file_waits(register, milk, monkeypatch):
    file = handed(register, lines(told(1)))

    def away(**_params):
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(intake.INTAKE, "rows", away)
        with pytest.raises(intake.Busy):
            loading.load(file=file, now=NOW)

    assert loading.load_due(now=NOW) == 1
    assert balance(register, milk).sold == 1


def test_a_report_of_two_thousand_receipts_takes_a_handful_of_statements(register, milk):
    file = handed(register, lines(*(told(number) for number in range(1, 2001))))

    with CaptureQueriesContext(
        connection,
    ) as asked:
        file = loading.load(file=file, now=NOW)

    assert counts(file) == {"accepted": 2000}
    assert len(asked) < 40


def test_billing_of_a_file_is_applied_once_with_ids_that_the_server_makes(register, milk):
    Constants.objects.update(discount_cards=True)
    DiscountCardFactory(number="2000000000015")
    content = lines(told(1, billing=[{"kind": "accrue", "card": "2000000000015", "turnover": "99.00", "receipts": 1}]))

    loaded(register, content)
    loaded(register, content + b"\n")

    [operation] = BillingOperation.objects.all()
    assert operation.uid == f"kkm.{register.pk}.1.20261120T070001000000.1"


@pytest.mark.parametrize("hopeless", [3, 1000])
def test_a_file_of_another_kind_is_given_up(register, monkeypatch, hopeless):
    monkeypatch.setattr(loading, "HOPELESS", hopeless)

    file = loaded(register, b"PK\x03\x04\n\x00\n\xff\xfe\n?\n")

    assert (file.state, words.failure(file.error)) == (
        FileState.FAILED, "Not one line of this file makes sense: it is of another dialect.",
    )  # fmt: skip


def test_a_line_without_end_takes_no_memory_and_blocks_no_other(register, milk, monkeypatch):
    monkeypatch.setattr(archive, "LONGEST", 1000)

    file = loaded(register, b"x" * 5000 + b"\n" + lines(told(1)))

    assert (file.lines, counts(file)) == (2, {"accepted": 1, "quarantined": 1})
    assert QuarantinedLine.objects.get().code == "line_too_long"


def test_a_preview_says_what_would_become_of_it_and_records_nothing(register, milk):
    loaded(register, lines(told(1), told(2)))
    file = handed(register, lines(told(1), told(2, quantity="3.000"), told(3), told(4, kind="odd")) + b"?\n")

    preview = checking.check(file=file, now=NOW)

    assert preview.counts == {"new": 1, "duplicate": 1, "conflict": 1, "error_desk": 1}
    assert (preview.sums, preview.quarantined, preview.whole) == ({"sale": Decimal("99.00")}, 1, True)
    assert checking.check(file=file, now=NOW, most=2).whole is False
    assert Receipt.objects.count() == 2


def test_a_file_is_loaded_again_when_somebody_has_mended_what_was_in_the_way(register, milk):
    file = loaded(register, lines(told(1)) + b"?\n")

    file = loading.load(file=receiving.again(file=file), now=NOW)

    assert (file.state, counts(file)) == (FileState.DONE, {"duplicate": 1, "quarantined": 1})
    assert QuarantinedLine.objects.count() == 1


def test_what_is_being_loaded_is_not_begun_again(register):
    with pytest.raises(receiving.StillLoading):
        receiving.again(file=handed(register, b"?\n"))


def test_a_file_without_its_original_says_so(register):
    file = handed(register, b"?\n")
    archive.path_of(file.sha256).unlink()

    file = loading.load(file=file, now=NOW)

    assert file.state == FileState.FAILED
    assert words.failure(file.error).startswith("The file could not be read: hand it over once more.")


def test_an_empty_file_is_refused(register):
    with pytest.raises(receiving.Empty):
        handed(register, b"")


@pytest.mark.parametrize("dry", [True, False])
def test_the_command_loads_a_file_or_says_what_it_would_do(register, milk, tmp_path, capsys, dry):
    path = tmp_path / "day.jsonl"
    path.write_bytes(lines(told(1), told(2)) + b"?\n")

    call_command("load_transactions", str(path), f"--register={register.number}", *["--dry-run"] * dry)

    said = capsys.readouterr()
    assert ("2 new" if dry else "2 accepted") in said.out
    assert "Line 3: " in said.err
    assert KkmTransaction.objects.count() == (0 if dry else 2)


def test_the_command_refuses_a_register_that_nobody_knows(db, tmp_path):
    with pytest.raises(CommandError, match="There is no register 404"):
        call_command("load_transactions", str(tmp_path / "no"), "--register=404")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"\n", b"{}\n", b"null\n", b'{"number": 1}\n', b"\xef\xbb\xbf{}\n", b"[[[[\n", lines(told(1))]),
), max_size=12))  # fmt: skip
def test_any_bytes_are_cut_into_lines_of_which_none_disappears(parts):
    content = b"".join(parts)

    found = list(kkmtransfer.pieces(archive.lines(io.BytesIO(content))))

    assert [piece.line for piece in found] == list(range(1, len(found) + 1))
    assert len(found) == content.count(b"\n") + (content[-1:] not in (b"", b"\n"))
    assert all(not (piece.entry and piece.fault) for piece in found)


def test_a_long_file_takes_as_much_memory_as_a_short_one():
    def peak(count):
        kept = archive.keep(io.BytesIO(lines(told(1)) * count))
        tracemalloc.start()
        with archive.opened(kept.sha256) as source:
            for _piece in kkmtransfer.pieces(archive.lines(source)):
                pass
        _now, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    # The long one has more than a million bytes; threads of other tests may take some in the meantime.
    assert peak(4000) < peak(400) + 400_000


# What the database refuses.


def refused(make, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


def test_the_same_content_of_a_register_is_one_file(db):
    file = TransactionFileFactory()

    again = {"register": file.register, "dialect": file.dialect, "sha256": file.sha256}

    refused(lambda: TransactionFileFactory(**again), "content_once_per_register")
    TransactionFileFactory(sha256=file.sha256)


def test_a_line_is_in_quarantine_once(db):
    file = TransactionFileFactory()
    QuarantinedLine.objects.create(file=file, number=1, code="x", raw=b"")

    refused(lambda: QuarantinedLine.objects.create(file=file, number=1, code="y", raw=b""), "line_once_per_file")


def test_a_till_of_a_cash_server_has_a_number_of_its_own(db):
    till = EquipmentTill.objects.create(equipment=EquipmentFactory(), code="1", register=RegisterFactory())

    refused(
        lambda: EquipmentTill.objects.create(equipment=till.equipment, code="1", register=RegisterFactory()),
        "code_once",
    )
    assert Edit.objects.filter(model="exchange.equipmenttill").exists()


def test_a_dialect_is_of_a_folder_and_needs_no_device_id(db):
    refused(lambda: EquipmentFactory(dialect="shtrih"), "dialect_is_of_a_folder")
    refused(lambda: EquipmentFactory(exchange_kind="folder", folder="1", device_id=None), "has_a_device_id")
    EquipmentFactory(exchange_kind="folder", folder="2", dialect="shtrih", device_id=None)
