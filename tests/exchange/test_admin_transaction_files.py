"""Files of transactions as people hand them over and see them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchange import tasks
from exchange.models import TransactionFile
from exchange.services.transaction_files import archive
from registers.models import KkmTransaction
from tests.exchange.test_transaction_files import _archive, handed, lines, loaded, milk, register, told  # noqa: F401
from tests.factories.exchange import TransactionFileFactory
from tests.factories.people import UserFactory
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db
NAME = "exchange_transactionfile"


def upload(client, register, content, **fields):  # noqa: F811
    data = {"register": register.pk, "dialect": "kkmtransfer", "file": SimpleUploadedFile("day.jsonl", content)}
    return client.post(page(f"{NAME}_upload_file"), data | fields, follow=True)


def test_a_file_is_looked_at_and_then_loaded(register, milk, monkeypatch):  # noqa: F811
    asked = []
    monkeypatch.setattr(tasks.transaction_file_load, "delay", lambda **given: asked.append(given["file_id"]))
    client = signed_in()

    shown = upload(client, register, lines(told(1), told(2)) + b"?\n").content.decode()

    file = TransactionFile.objects.get()
    assert ("198.00" in shown, "cannot be read" in shown, "day.jsonl" in shown) == (True, True, True)
    assert (file.state, KkmTransaction.objects.count()) == ("new", 0)

    client.post(page(f"{NAME}_load_file", file.pk))

    file.refresh_from_db()
    assert (file.state, asked) == ("waiting", [file.pk])
    tasks.transaction_file_load(file_id=file.pk)
    shown = client.get(page(f"{NAME}_change", file.pk)).content.decode()
    assert "Loaded" in shown
    assert "The message cannot be read" in shown


def test_an_original_that_is_damaged_is_said_and_shown_no_further(register, milk, monkeypatch):  # noqa: F811
    def cut_short(_sha256):
        raise EOFError

    monkeypatch.setattr(archive, "opened", cut_short)

    assert "could not be read" in upload(signed_in(), register, lines(told(1))).content.decode()


def test_a_full_disk_is_said(register, monkeypatch):  # noqa: F811
    def full(_source):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "keep", full)

    assert "its disk may be full" in upload(signed_in(), register, lines(told(1))).content.decode()


def test_the_same_file_handed_over_again_is_known(register, milk):  # noqa: F811
    loaded(register, lines(told(1)))

    shown = upload(signed_in(), register, lines(told(1))).content.decode()

    assert "nothing is loaded twice" in shown
    assert TransactionFile.objects.count() == 1


def test_a_file_is_loaded_again_when_asked(register, milk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(tasks.transaction_file_load, "delay", lambda **given: None)
    file = loaded(register, lines(told(1)))
    client = signed_in()

    assert "Load this file again?" in client.get(page(f"{NAME}_load_again", file.pk)).content.decode()
    client.post(page(f"{NAME}_load_again", file.pk))
    tasks.transaction_files_load()

    file.refresh_from_db()
    assert (file.state, file.accepted, file.duplicate) == ("done", 0, 1)


def test_the_original_is_given_back_byte_by_byte(register):  # noqa: F811
    file = handed(register, b"\xff\x00 whatever\n")

    response = signed_in().get(page(f"{NAME}_original", file.pk))

    assert b"".join(response.streaming_content) == b"\xff\x00 whatever\n"
    assert signed_in().get(page(f"{NAME}_original", TransactionFileFactory().pk)).status_code == 404


def test_the_page_asks_how_far_it_is_until_it_has_ended(register, milk):  # noqa: F811
    waiting, done = handed(register, lines(told(1))), loaded(register, lines(told(2)))
    client = signed_in()

    assert "hx-get" in client.get(page(f"{NAME}_progress", waiting.pk)).content.decode()
    assert "hx-get" not in client.get(page(f"{NAME}_progress", done.pk)).content.decode()


def test_only_those_who_may_load_files_see_the_buttons(register):  # noqa: F811
    file = handed(register, lines(told(1)))
    client = signed_in(UserFactory(is_staff=True))

    for name, args in (
        (f"{NAME}_upload_file", ()),
        (f"{NAME}_load_file", (file.pk,)),
        (f"{NAME}_progress", (file.pk,)),
    ):
        assert client.get(page(name, *args)).status_code in (302, 403)


def test_the_list_asks_as_much_for_many_files_as_for_one():
    client = signed_in()

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(f"{NAME}_changelist")).status_code == 200
        return len(queries)

    TransactionFileFactory()
    asked()
    few = asked()
    TransactionFileFactory.create_batch(5)

    assert asked() == few
