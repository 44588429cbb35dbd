"""Asking a till of Artix for its sales once more, by the button and by the command."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from exchange.choices import ExchangeKind
from exchange.models import EquipmentTill, ExchangeSession
from exchange.services.transaction_files import asking
from tests.factories.exchange import EquipmentFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.retail.admin import signed_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAYS = {"first": date(2026, 11, 1), "last": date(2026, 11, 20)}


@pytest.fixture
def equipment(settings, tmp_path):
    settings.EQUIPMENT_FILES = str(tmp_path)
    return EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="artix", dialect="artix", device_id=None)


@pytest.fixture
def folder(equipment, settings):
    return Path(settings.EQUIPMENT_FILES) / equipment.folder


def address(equipment):
    return reverse("admin:exchange_equipment_ask_for_report", args=[equipment.pk])


def page_of(equipment):
    return reverse("admin:exchange_equipment_change", args=[equipment.pk])


def ask(equipment):
    return asking.ask(equipment=equipment, **DAYS, by=None, now=NOW)


def test_each_till_that_is_named_or_has_left_a_folder_is_asked(equipment, folder):
    EquipmentTill.objects.create(equipment=equipment, code="2", register=RegisterFactory())
    EquipmentTill.objects.create(equipment=equipment, code="../3", register=RegisterFactory())
    (folder / "sale1/online").mkdir(parents=True)

    asked = ask(equipment)

    assert asked == [folder / "sale1/sale.req", folder / "sale2/sale.req", folder / "sale3/sale.req"]
    assert {path.read_text() for path in asked} == {"###\n01.11.2026-20.11.2026"}
    assert ExchangeSession.objects.get().operation == "sale.req"


def test_a_till_that_has_not_read_its_request_is_not_asked_for_other_days(equipment, folder):
    (folder / "sale1").mkdir(parents=True)
    (folder / "sale2").mkdir()
    (folder / "sale1/sale.req").write_text("earlier")

    assert ask(equipment) == [folder / "sale2/sale.req"]
    with pytest.raises(asking.AskedAlready):
        ask(equipment)
    assert (folder / "sale1/sale.req").read_text() == "earlier"


def test_without_a_till_there_is_nobody_to_ask(equipment):
    with pytest.raises(asking.NoTills):
        ask(equipment)
    with pytest.raises(CommandError, match="No till is known"):
        call_command("ask_for_report", f"--register={equipment.register.number}", "--from=2026-11-01")


def test_the_button_asks_and_says_so(equipment, folder):
    (folder / "sale1").mkdir(parents=True)
    client = signed_in(UserFactory(merchandiser=True))
    assert address(equipment) in client.get(page_of(equipment)).content.decode()

    shown = client.get(address(equipment))
    answer = client.post(address(equipment), {"first": "2026-11-01", "last": "2026-11-20"}, follow=True)

    assert (shown.status_code, answer.redirect_chain) == (200, [(page_of(equipment), 302)])
    assert "1 till is asked" in answer.content.decode()
    assert (folder / "sale1/sale.req").read_text() == "###\n01.11.2026-20.11.2026"
    assert ExchangeSession.objects.get().user is not None


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [("2026-11-20", "2026-11-01", "not before the first"), ("2020-11-20", "2026-11-01", "not before the first"),
     ("2026-11-01", "2026-11-20", "No till is known"), ("", "2026-11-20", "required")],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_on_the_page(equipment, first, last, said):
    client = signed_in(UserFactory(merchandiser=True))

    answer = client.post(address(equipment), {"first": first, "last": last})

    assert said in answer.content.decode()
    assert not ExchangeSession.objects.exists()


def test_a_folder_that_cannot_be_written_to_is_said_on_the_page(equipment, folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file")
    client = signed_in(UserFactory(merchandiser=True))

    answer = client.post(address(equipment), {"first": "2026-11-01", "last": "2026-11-20"})

    assert "The folder could not be written to." in answer.content.decode()


@pytest.mark.parametrize("dialect", ["", "shtrih"])
def test_equipment_that_knows_no_requests_has_no_button(equipment, dialect):
    equipment.dialect, equipment.device_id = dialect, "till-1"
    equipment.save()
    client = signed_in(UserFactory(merchandiser=True))

    assert address(equipment) not in client.get(page_of(equipment)).content.decode()


def test_who_may_not_load_files_may_not_ask(equipment):
    client = signed_in(UserFactory(accountant=True))

    assert client.get(address(equipment)).status_code in (302, 403)
