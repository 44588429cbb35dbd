"""«Обработать транзакции ККМ»: what waits is shown above the lists, and the button makes documents of it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from retail.choices import Role
from stock.admin import processing as pages
from stock.models import CurrentSales, UnpostedReceipt, ZReport
from stock.services import outstanding, processing
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import event, line, sale
from tests.stock.conftest import NOW
from tests.stock.selling import a_day, page, sell, statements, tell

REPORTS, PROCESS = "admin:stock_zreport_changelist", "admin:stock_zreport_process_transactions"


@pytest.fixture
def register(db):
    SkuFactory(code="10001")
    SkuFactory(code="10002")
    return RegisterFactory()


@pytest.fixture
def accountant(client, db):
    client.force_login(UserFactory(role=Role.ACCOUNTANT))


def test_what_waits_is_counted_from_the_oldest(register):
    sell(register, 1)
    tell(register, sale(2, line("10001")), event(3, "shift_close"), now=NOW + timedelta(hours=1))
    sell(RegisterFactory(warehouse=register.warehouse), 1)

    found = outstanding.summary()
    registers = outstanding.by_register()

    assert (found.receipts, found.since, found.shifts) == (3, NOW, 1)
    assert [(waiting.receipts, waiting.since, waiting.shifts) for _register, waiting in registers] == [
        (2, NOW, 1), (1, NOW, 0),
    ]  # fmt: skip


@pytest.mark.django_db
def test_nothing_waits_in_a_new_database():
    assert outstanding.summary() == outstanding.Waiting(0, None, 0)
    assert outstanding.by_register() == []


def test_the_lists_say_how_much_waits_and_where(client, accountant, register):
    sell(register, 1, 2)

    response = client.get(reverse(REPORTS))

    assert response.context["waiting"]["receipts"] == 2
    listed = client.get(response.context["waiting_url"]).context["cl"].queryset
    assert sorted(listed.values_list("number", flat=True)) == [1, 2]


def test_the_button_asks_and_then_shows_what_was_made(client, accountant, register):
    sell(register, 1)
    other = RegisterFactory(warehouse=register.warehouse)
    tell(other, event(1, "shift_close"))

    asked = client.get(reverse(PROCESS))
    assert not CurrentSales.objects.exists()
    done = client.post(reverse(PROCESS), {"register": [register.pk, other.pk]})

    assert [(row["register"], row["receipts"], row["shifts"]) for row in asked.context["rows"]] == [
        (register, 1, 0), (other, 0, 1),
    ]  # fmt: skip
    documents = CurrentSales.objects.get(), ZReport.objects.get()
    assert all(page(document) in done.content.decode() for document in documents)
    assert (done.context["made_count"], done.context["left"]["receipts"]) == (2, 0)


def test_only_the_chosen_registers_are_processed(client, accountant, register):
    other = RegisterFactory(warehouse=register.warehouse)
    sell(register, 1)
    sell(other, 1)

    done = client.post(reverse(PROCESS), {"register": [register.pk]})
    nothing = client.post(reverse(PROCESS), {"register": ["x"]})

    assert done.context["left"]["receipts"] == 1
    assert UnpostedReceipt.objects.get().shift.register == other
    assert nothing.status_code == 302


def test_a_shift_that_was_not_processed_is_said(client, accountant, register, monkeypatch):
    sell(register, 1)
    monkeypatch.setattr(pages.processing, "run", lambda **_: processing.Summary([], 1, [5], 0.1))

    response = client.post(reverse(PROCESS), {"register": [register.pk]})

    assert any("1 shift was not processed." in str(message) for message in response.context["messages"])


@pytest.mark.parametrize(("role", "may"), [(Role.OPERATOR, True), (Role.MERCHANDISER, False)])
def test_whoever_may_process_is_offered_it(client, register, role, may):
    client.force_login(UserFactory(role=role))

    shown, opened = client.get(reverse(REPORTS)), client.get(reverse(PROCESS))

    assert (reverse(PROCESS) in shown.content.decode()) is may
    assert opened.status_code == (200 if may else 403)


def test_the_pages_cost_the_same_however_much_waits(client, accountant, register):
    sell(register, 1)
    before = statements(client, reverse(PROCESS)), statements(client, reverse(REPORTS))
    for _ in range(5):
        other = RegisterFactory(warehouse=register.warehouse)
        sell(other, 1, 2)
        tell(other, event(3, "shift_close"))

    assert (statements(client, reverse(PROCESS)), statements(client, reverse(REPORTS))) == before


def test_what_was_made_is_read_at_once(accountant, register, django_assert_num_queries):
    documents = []
    for _ in range(3):
        other = RegisterFactory(warehouse=register.warehouse)
        documents += a_day(other)
        sell(other, 20, shift=99)
        documents += processing.run(now=NOW).documents

    with django_assert_num_queries(2):
        rows = pages._made_rows(documents)

    assert len(rows) == 6
