"""Files of cards on their pages: uploaded, shown, confirmed, told in the history; a template to begin with."""

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing.models import DiscountCard
from config.roles import Role
from tests.billing.correcting import faults
from tests.factories.billing import CardKindFactory
from tests.factories.people import UserFactory
from tests.registers.conftest import browser_of
from tests.registers.pages import text_of
from tests.retail.files import csv_file

pytestmark = pytest.mark.django_db
IMPORT = "admin:billing_discountcard_import"
ROWS = (("Штрихкод", "Вид карты", "Владелец", "Бонусы"), ("1", "Золотая", "Петрова Анна", "50"), ("2", "Нет", "", ""))


@pytest.fixture
def client(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    CardKindFactory(name="Золотая")
    return browser_of(UserFactory(role=Role.MERCHANDISER))


def uploaded(client):
    file = SimpleUploadedFile("cards.csv", csv_file(*ROWS).getvalue())
    return client.post(reverse(IMPORT), {"import_file": file, "format": "0", "resource": "0"})


def test_a_file_is_shown_before_it_is_taken_in(client, tmp_path):
    shown = uploaded(client)

    text = text_of(shown)
    assert "1 row will be imported" in text
    assert "There is no kind of cards “Нет”" in text
    assert not DiscountCard.objects.exists()
    confirmed = shown.context["confirm_form"].initial
    done = client.post(reverse("admin:billing_discountcard_process_import"), confirmed, follow=True)
    assert "Imported: 1 new, 0 changed" in text_of(done)
    assert [card.bonuses for card in DiscountCard.objects.all()] == [50]
    assert list((tmp_path / "imports").iterdir()) == []  # It holds personal data.
    assert faults() == {}


def test_the_history_has_one_line_for_a_file(client):
    client.post(reverse("admin:billing_discountcard_process_import"), uploaded(client).context["confirm_form"].initial)

    told = text_of(browser_of(UserFactory(role=Role.ADMINISTRATOR)).get(reverse("admin:retail_edit_changelist")))

    assert "Import: discount cards" in told
    assert "1 new, 0 changed, 0 the same, 1 faulty" in told


def test_the_page_offers_a_template_and_the_command_for_longer_files(client, tmp_path):
    assert "manage.py import_cards FILE" in text_of(client.get(reverse(IMPORT)))
    answer = client.get(reverse("admin:billing_discountcard_import_template"))

    path = tmp_path / "cards.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))
    header, example = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    assert header[:2] == ("Barcode", "Magnetic track")
    assert example[0] == "2700000000014"


def test_only_whoever_keeps_cards_and_owners_takes_files_in(client):
    accountant = browser_of(UserFactory(role=Role.ACCOUNTANT))

    assert accountant.get(reverse(IMPORT)).status_code == 403
    assert accountant.get(reverse("admin:billing_discountcard_import_template")).status_code == 403
    assert reverse(IMPORT) not in accountant.get(reverse("admin:billing_discountcard_changelist")).content.decode()
    assert reverse(IMPORT) in client.get(reverse("admin:billing_discountcard_changelist")).content.decode()
