"""The first page of the admin: its figures, where they lead, who sees which, and what it costs."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.urls import resolve, reverse
from django.utils import timezone

from billing.choices import NightState
from registers.choices import TransactionKind
from registers.models import Register
from retail.choices import Role
from retail.models import Catalogue
from stock.choices import DiscrepancyKind
from stock.models import Discrepancy, UnpostedReceipt, UnsettledShift, WarehouseFeed
from tests.factories.billing import NightRunFactory
from tests.factories.people import UserFactory
from tests.factories.registers import (
    KkmTransactionFactory,
    ReceiptFactory,
    RegisterFactory,
    RegisterStatusFactory,
    ShiftFactory,
)
from tests.factories.stock import BalanceFactory, ZReportFactory
from tests.registers.pages import conflict_with, queries_of, text_of
from tests.retail.admin import signed_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
MOST = 10  # statements, all of the page's


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def chain():
    """A chain in which there is something of everything, each as many times as no other."""
    first = RegisterFactory(name="Первая")
    WarehouseFeed.objects.filter(warehouse=first.warehouse).update(revision=1000)
    Catalogue.objects.update(revision=500)
    taken = {"stock_sent": 1000, "goods_sent": 500, "goods_acknowledged": 500, "software": "till"}
    RegisterStatusFactory(register=first, last_seen=NOW, stock_acknowledged=880, version="2.1", **taken)
    for _ in range(2):
        register = RegisterFactory(warehouse=first.warehouse, shop=first.shop)
        RegisterStatusFactory(register=register, last_seen=NOW, stock_acknowledged=990, version="2.2", **taken)
    quiet = RegisterFactory(warehouse=first.warehouse, shop=first.shop)
    RegisterStatusFactory(register=quiet, last_seen=NOW - timedelta(hours=3), stock_acknowledged=0, **taken)
    RegisterFactory.create_batch(4, warehouse=first.warehouse, shop=first.shop)
    RegisterFactory(warehouse=first.warehouse, shop=first.shop, active=False)
    _sales(first)
    _waiting(first)
    NightRunFactory(date=date(2026, 11, 20), state=NightState.DONE, finished_at=NOW, failed=2)
    return first


def _sales(register):
    shift = ShiftFactory(register=register, number=77)
    for total in ("100.00", "50.00", "60.00"):
        receipt = ReceiptFactory(register=register, shift=shift, transaction__occurred_at=NOW, total=Decimal(total))
    ReceiptFactory(
        register=register, shift=shift, kind=TransactionKind.RETURN, transaction__occurred_at=NOW, total=Decimal(30)
    )
    week_ago = NOW - timedelta(days=7, hours=1)
    ReceiptFactory(register=register, shift=shift, transaction__occurred_at=week_ago, total=Decimal(90))
    UnpostedReceipt.objects.create(shift=shift, receipt=receipt, warehouse=register.warehouse)


def _waiting(register):
    KkmTransactionFactory.create_batch(5, register=register, on_desk=True)
    conflict_with(KkmTransactionFactory(register=register))
    for settled in (True, True, False):
        report = ZReportFactory(shift__register=register)
        Discrepancy.objects.create(report=report, what=DiscrepancyKind.COUNTER, key="sales", difference=1, found_at=NOW)
        UnsettledShift.objects.filter(shift=report.shift).delete()
        if not settled:
            UnsettledShift.objects.create(shift=report.shift)
    for on_hand, sold in ((0, 1), (1, 3), (-1, 0), (5, 5)):
        BalanceFactory(warehouse=register.warehouse, on_hand=on_hand, sold=sold)


def home(client, name="admin:index"):
    return client.get(reverse(name))


def lines_of(response):
    shown = response.context["home"]
    return [*shown["tiles"], *(line for card in shown["cards"] for line in card.lines)]


def shown(line):
    """Return the number that a line shows, out of its badge."""
    return html.unescape(re.sub(r"<[^>]+>", "", str(line.figure))).strip()


def test_every_figure_is_that_of_the_chain(chain):
    figures = {line.title: shown(line) for line in lines_of(home(signed_in()))}

    assert figures == {
        "Sales less returns today": "180.00",
        "Sale receipts today": "3",
        "Average receipt": "70.00",
        "Returned today": "30.00",
        "Online": "3",
        "Silent": "1",
        "Online and behind": "1",
        "Not paired yet": "4",
        "Inactive": "1",
        "till 2.2": "2",
        "till 2.1": "1",
        "till": "1",
        "Waiting for a person": "5",
        "Unknown SKU": "5",
        "Conflicts not settled": "1",
        "Receipts waiting for processing": "1",
        "Z-reports with differences": "2",
        "Balances below zero": "3",
        "Accrual": "2 cards failed",
    }


def test_every_count_leads_to_a_list_of_as_many(chain):
    client = signed_in()
    led = 0

    for line in lines_of(home(client)):
        listed = client.get(line.url)
        assert listed.status_code == 200, line
        if shown(line).isdigit():
            assert listed.context["cl"].result_count == int(shown(line)), line
            led += 1

    assert led == 15


def test_what_was_a_week_ago_by_this_time_stands_beside(chain):
    tiles = {line.title: line.note for line in home(signed_in()).context["home"]["tiles"]}

    assert tiles["Sales less returns today"] == "A week ago by this time: 90.00 (+100 %)"
    assert tiles["Average receipt"] == "A week ago by this time: 90.00 (-22 %)"


def test_the_chart_goes_from_the_first_hour_of_both_days_to_the_last(chain):
    chart = home(signed_in()).context["home"]["chart"]

    assert chart["data"]["labels"] == ["14:00", "15:00"]
    assert [dataset["data"] for dataset in chart["data"]["datasets"]] == [[0.0, 180.0], [90.0, 0.0]]


def test_a_chain_in_which_nothing_has_happened_yet_opens():
    response = home(signed_in())

    assert "Nothing was sold today, nor a week ago." in text_of(response)
    assert {shown(line) for line in lines_of(response)} == {"0", "0.00", "–"}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", ["admin:index", "home-figures"])
def test_it_costs_ten_statements_whoever_asks(chain, role, name):
    client = signed_in(UserFactory(role=role))
    home(client)

    assert queries_of(client, reverse(name)) <= MOST


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_open_what_each_of_its_figures_leads_to(chain, role):
    user = UserFactory(role=role)

    lines = lines_of(home(signed_in(user)))

    names = {resolve(urlsplit(line.url).path).url_name for line in lines}
    models = [name.split("_")[:2] for name in names]
    assert len(models) == 7
    assert [f"{app}.{model}" for app, model in models if not user.has_perm(f"{app}.view_{model}")] == []


def test_who_may_not_see_receipts_sees_no_sales(chain):
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_register"))
    client = signed_in(user)

    response = home(client)

    assert response.context["home"]["chart"] is None
    assert {line.title for line in lines_of(response)} & {"Sales less returns today", "Balances below zero"} == set()
    assert "180.00" not in response.content.decode()
    assert "180.00" not in home(client, "home-figures").content.decode()


def test_who_may_see_nothing_is_told_where_to_go(chain):
    response = home(signed_in(UserFactory()))

    assert lines_of(response) == []
    assert "Choose a section of the menu." in text_of(response)


def test_figures_alone_are_what_the_page_shows_and_are_kept_by_nobody(chain):
    client = signed_in()

    page, alone = home(client), home(client, "home-figures")

    assert lines_of(alone) == lines_of(page)
    assert "no-store" in alone["Cache-Control"]
    assert "<html" not in alone.content.decode()


def test_nobody_is_told_figures_without_signing_in(client):
    assert home(client, "home-figures").status_code == 302


def test_a_register_that_never_asks_for_a_feed_is_not_behind_it(chain):
    Register.objects.get(pk=chain.pk).status.__class__.objects.update(stock_sent=0, goods_sent=0)

    figures = {line.title: shown(line) for line in lines_of(home(signed_in()))}

    assert figures["Online and behind"] == "0"


def test_it_opens_in_russian(chain, in_russian):
    figures = {shown(line) for line in lines_of(home(signed_in()))}

    assert "180,00" in figures
