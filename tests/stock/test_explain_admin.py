"""«Откуда это число»: the page that follows the numbers of a balance back to documents and receipts."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stock.models import Balance, UnpostedReceipt
from stock.services import documents
from tests.factories.people import UserFactory
from tests.factories.registers import ReceiptFactory, ReceiptLineFactory, RegisterFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.stock.conftest import NOW, invoice, supply

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signed_in(client):
    user = UserFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_balance", "view_movement"]))
    client.force_login(user)


@pytest.fixture
def balance():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 10})
    documents.post(document=invoice(warehouse, {bread: 3}), by=None, now=NOW + timedelta(days=1))
    return Balance.objects.get()


def wait_for_a_document(balance, quantity):
    receipt = ReceiptFactory(register=RegisterFactory(warehouse=balance.warehouse))
    ReceiptLineFactory(receipt=receipt, sku=balance.sku, quantity=quantity)
    UnpostedReceipt.objects.create(shift=receipt.shift, receipt=receipt, warehouse=balance.warehouse)
    Balance.objects.update(sold=quantity)
    return receipt


def explained(client, balance, **asked):
    return client.get(reverse("admin:stock_balance_explain", args=[balance.pk]), asked)


def test_the_page_shows_the_four_numbers_and_leads_to_what_makes_them(client, balance):
    receipt = wait_for_a_document(balance, 2)

    response = explained(client, balance)

    page = response.content.decode()
    assert response.context["figures"] == {"on_hand": "7", "sold": "2", "reserved": "0", "available": "5"}
    assert [group["count"] for group in response.context["groups"]] == [1, 1]
    assert reverse("admin:registers_receipt_change", args=[receipt.pk]) in page
    assert reverse("admin:registers_kkmtransaction_change", args=[receipt.pk]) in page
    assert response.context["on_hand_unexplained"] is None
    assert response.context["sold_unexplained"] is None


def test_movements_are_narrowed_by_day_and_by_kind_of_document(client, balance):
    since = explained(client, balance, since="2026-11-21")
    receipts = explained(client, balance, kind="goods_receipt")
    nonsense = explained(client, balance, kind="nothing", since="some day", page="x")

    assert [row["moved"].partition(">")[2].partition("<")[0] for row in since.context["movements"]["rows"]] == ["-3"]
    assert "10" in since.context["opening"]
    assert len(receipts.context["movements"]["rows"]) == 1
    assert len(nonsense.context["movements"]["rows"]) == 2


def test_what_no_movement_explains_is_marked(client, balance):
    Balance.objects.update(on_hand=9, sold=1)

    context = explained(client, balance).context

    assert "2" in context["on_hand_unexplained"]
    assert "1" in context["sold_unexplained"]


def test_long_lists_are_leafed_through(client, balance):
    for _ in range(51):
        supply(balance.warehouse, {balance.sku: 1})

    first = explained(client, balance).context["movements"]
    last = explained(client, balance, page=2, since="").context["movements"]

    assert (len(first["rows"]), first["pages"], first["next"]) == (50, 2, "?page=2")
    assert (len(last["rows"]), last["next"], last["previous"]) == (3, None, "?since=&page=1")


def test_it_costs_the_same_whatever_stands_behind_it(client, balance):
    wait_for_a_document(balance, 1)
    url = reverse("admin:stock_balance_explain", args=[balance.pk])
    client.get(url)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get(url)
        counts.append(len(asked))
        for _more in range(10):
            supply(balance.warehouse, {balance.sku: 1})
            wait_for_a_document(balance, 1)

    assert counts[0] == counts[1]


def test_a_balance_leads_there_and_nobody_without_permission_comes(client, balance):
    url = reverse("admin:stock_balance_explain", args=[balance.pk])
    page = client.get(reverse("admin:stock_balance_change", args=[balance.pk])).content.decode()
    client.force_login(UserFactory())

    refused = client.get(url)

    assert f'{url}#on-hand"' in page
    assert refused.status_code == 403
    assert explained(client, Balance(pk=0)).status_code == 403


def test_no_balance_no_page(client):
    assert explained(client, Balance(pk=0)).status_code == 404
