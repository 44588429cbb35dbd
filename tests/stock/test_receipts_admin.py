"""Receipts and shifts with what came of them: the documents that hold them, or since when they wait."""

import pytest
from django.urls import reverse

from registers.models import Receipt, ReceiptLine, Shift
from retail.choices import Role
from retail.models import Sku
from stock.models import CurrentSales, MendedLine, ZReport
from stock.services import processing
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import line, sale
from tests.stock.conftest import NOW
from tests.stock.holding import asking, expire, place, stocked
from tests.stock.selling import a_day, a_late_sale, page, sell, statements, tell

pytestmark = pytest.mark.django_db
LIST = "admin:registers_receipt_changelist"


@pytest.fixture(autouse=True)
def _signed_in(client):
    client.force_login(UserFactory(role=Role.ACCOUNTANT))


@pytest.fixture
def register(db):
    SkuFactory(code="10001")
    SkuFactory(code="10002")
    return RegisterFactory()


def numbers(client, **asked) -> list[int]:
    return sorted(receipt.number for receipt in client.get(reverse(LIST), asked).context["cl"].queryset)


def test_a_receipt_says_since_when_it_waits_and_then_what_posted_it(client, register):
    sell(register, 1)
    receipt = Receipt.objects.get()

    waiting = client.get(page(receipt))
    processing.run(now=NOW)
    posted = client.get(page(receipt))

    assert "Waits for the next processing since" in waiting.content.decode()
    assert "Waits for the next processing" not in posted.content.decode()
    assert page(CurrentSales.objects.get()) in posted.content.decode()


def test_a_line_understood_later_says_which_document_took_it(client, register):
    tell(register, sale(1, line("404"), line("10001", number=2)))
    processing.run(now=NOW)
    sold = ReceiptLine.objects.get(sku=None)
    ReceiptLine.objects.filter(pk=sold.pk).update(sku=Sku.objects.get(code="10002"))
    MendedLine.objects.create(line=sold, mended_at=NOW)

    waiting = client.get(page(sold.receipt)).content.decode()
    processing.run(now=NOW)
    posted = client.get(page(sold.receipt))

    assert "waits for the next processing" in waiting
    first, second = CurrentSales.objects.order_by("pk")
    assert page(first) in posted.context["posted_by"]
    assert page(second) in posted.context["mended"][0]["document"]


def test_a_sale_that_came_after_its_goods_were_let_go_says_so(client):
    register = asking()
    milk = stocked(register, 5, code="10001")
    for number, uid in ((1, "held"), (2, "expired")):
        place(register, uid, (milk, 1))
        if uid == "expired":
            expire(register, uid)
        tell(register, sale(number, line("10001"), receipt={"uid": uid}))

    said = {receipt.uid: client.get(page(receipt)).content.decode() for receipt in Receipt.objects.all()}

    assert "Came after its goods were let go: its reservation ended" in said["expired"]
    assert "let go" not in said["held"]


def test_a_cancelled_receipt_waits_for_nothing(client, register):
    tell(register, sale(1, line("10001"), kind="cancelled"))

    response = client.get(page(Receipt.objects.get()))

    assert response.context["posted_by"] is None
    assert response.context["waiting_since"] is None
    assert client.get(reverse(LIST)).status_code == 200


def test_receipts_are_narrowed_by_what_came_of_them(client, register):
    sell(register, 1)
    (document,) = processing.run(now=NOW).documents
    tell(register, sale(2, line("10002", vat="10"), receipt={"payments": [{"kind": "card", "amount": "99.00"}]}))

    assert numbers(client, posted="no") == [2]
    assert numbers(client, posted="yes") == [1]
    assert numbers(client, posted="x", paid="x", vat="") == [1, 2]
    assert numbers(client, document=document.pk) == [1]
    assert numbers(client, vat="22") == [1]
    assert numbers(client, vat="–") == []
    assert numbers(client, paid="card") == [2]
    assert numbers(client, document="x", report="999999") == [1, 2]


def test_a_shift_shows_its_documents_and_what_waits(client, register):
    sell(register, 50)
    processing.run(now=NOW)
    (report,) = a_day(register)
    (correction,) = a_late_sale(register)
    sell(register, 51)

    response = client.get(page(Shift.objects.get()))

    context = response.context
    assert [page(shown) in row["document"] for shown, row in zip((report, correction), context["reports"], strict=True)]
    assert [row["correction"] for row in context["reports"]] == [False, True]
    assert page(CurrentSales.objects.get()) in context["sales"][0]["document"]
    assert context["waiting"]["receipts"] == 1
    assert [receipt.number for receipt in client.get(context["waiting"]["url"]).context["cl"].queryset] == [51]


def test_a_shift_of_which_nothing_came_says_so(client, register):
    sell(register, 1)
    Shift.objects.update(totals={})
    processing.run(now=NOW)
    empty = Shift.objects.create(register=register, number=999, first_at=NOW)

    response = client.get(page(empty))

    assert "No document holds anything of it." in response.content.decode()


def test_lists_and_pages_cost_the_same_whatever_came_of_receipts(client, register):
    sell(register, 1)
    processing.run(now=NOW)
    shift, receipt = Shift.objects.get(), Receipt.objects.get()
    urls = [reverse(LIST), page(receipt), page(shift)]
    before = [statements(client, url) for url in urls]
    for number in range(2, 8):
        sell(register, number)
        processing.run(now=NOW)

    after = [statements(client, url) for url in urls]

    assert after == before
    assert ZReport.objects.count() == 0
