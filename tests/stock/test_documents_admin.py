"""Goods receipts and wholesale invoices in the admin: typed as drafts, posted on a page of their own, then read."""

from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from retail.choices import DocumentState
from stock.models import Balance, DocumentLine, GoodsReceipt, WholesaleInvoice
from stock.services import documents
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, CounterpartyFactory, SkuFactory, WarehouseFactory
from tests.stock.conftest import NOW, invoice, supply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_russian")]
LIST = "admin:stock_wholesaleinvoice_changelist"


def signed_in(client, *codenames: str):
    user = UserFactory()
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="stock", codename__in=codenames))
    client.force_login(user)
    return user


@pytest.fixture
def accountant(client):
    verbs = ("view", "add", "change", "delete", "post", "reverse")
    kinds = ("goodsreceipt", "wholesaleinvoice")
    return signed_in(client, "view_balance", "view_movement", *(f"{verb}_{kind}" for verb in verbs for kind in kinds))


def page(document, verb: str = "change") -> str:
    names = {"post": "post_document", "reverse": "reverse_document", "copy": "draft_again"}
    return reverse(f"admin:stock_{type(document).__name__.lower()}_{names.get(verb, verb)}", args=[document.pk])


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def typed(warehouse, customer, rows, *, initial: int = 0) -> dict[str, object]:
    """Return the form of an invoice as a browser sends it; a row is (pk or "", SKU, quantity, price, delete)."""
    form = {
        "date_0": "20.11.2026",
        "date_1": "12:00:00",
        "warehouse": warehouse.pk,
        "customer": customer.pk,
        "comment": "",
        "lines-TOTAL_FORMS": len(rows),
        "lines-INITIAL_FORMS": initial,
    }
    for place, (pk, sku, quantity, price, delete) in enumerate(rows):
        row = {"id": pk, "sku": sku.pk, "quantity": quantity, "price": price}
        form |= {f"lines-{place}-{name}": value for name, value in row.items()}
        if delete:
            form[f"lines-{place}-DELETE"] = "on"
    return form


def statements(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_an_invoice_is_typed_as_a_numbered_draft(client, accountant):
    warehouse, customer, bread, beer = WarehouseFactory(), CounterpartyFactory(), SkuFactory(), SkuFactory()
    rows = [("", beer, "2.5", "10.00", False), ("", bread, "1", "0", False)]

    response = client.post(reverse("admin:stock_wholesaleinvoice_add"), typed(warehouse, customer, rows))

    assert response.status_code == 302
    draft = WholesaleInvoice.objects.get()
    assert (draft.kind, draft.number, draft.organization) == ("wholesale_invoice", "000001", warehouse.organization)
    assert list(draft.lines.order_by("line").values_list("line", "sku", "quantity", "price")) == [
        (1, beer.pk, Decimal("2.5"), 10),
        (2, bread.pk, 1, 0),
    ]


def test_lines_of_a_draft_are_changed_added_and_removed(client, accountant):
    warehouse, bread, beer, salt = WarehouseFactory(), SkuFactory(), SkuFactory(), SkuFactory()
    draft = invoice(warehouse, {bread: 1, beer: 1})
    first, second = draft.lines.order_by("line")
    rows = [(first.pk, bread, "7", "1", False), (second.pk, beer, "1", "1", True), ("", salt, "3", "1", False)]

    response = client.post(page(draft), typed(warehouse, draft.customer, rows, initial=2))

    assert response.status_code == 302
    assert list(draft.lines.order_by("line").values_list("line", "sku", "quantity")) == [
        (1, bread.pk, 7),
        (2, salt.pk, 3),
    ]


@pytest.mark.parametrize(("quantity", "price"), [("0", "1"), ("-1", "1"), ("1", "-1"), ("99999999999", "9999")])
def test_a_line_that_makes_no_sense_is_shown_as_an_error(client, accountant, quantity, price):
    rows = [("", SkuFactory(), quantity, price, False)]

    response = client.post(
        reverse("admin:stock_wholesaleinvoice_add"), typed(WarehouseFactory(), CounterpartyFactory(), rows)
    )

    assert response.status_code == 200
    assert response.context["inline_admin_formsets"][0].formset.errors[0]
    assert not WholesaleInvoice.objects.exists()


def test_a_draft_that_has_been_posted_meanwhile_is_not_saved(client, accountant):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 5})
    draft = invoice(warehouse, {bread: 1})
    line = draft.lines.get()
    documents.post(document=draft, by=None, now=NOW)

    response = client.post(
        page(draft), typed(warehouse, draft.customer, [(line.pk, bread, "4", "1", False)], initial=1)
    )

    assert response.status_code == 302
    assert draft.number in said(response)[0]
    assert DocumentLine.objects.get(pk=line.pk).quantity == 1


def test_posting_shows_what_will_happen_and_then_does_it(client, accountant):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    RegisterFactory(warehouse=warehouse, name="Касса у входа")
    RegisterFactory(warehouse=warehouse, name="Касса в кафе", with_prompts=True)
    supply(warehouse, {bread: 5})
    draft = invoice(warehouse, {bread: 2})

    asked = client.get(page(draft, "post"))
    done = client.post(page(draft, "post"))

    row = asked.context["rows"][0]
    assert ("5" in row["available"], "3" in row["after"], row["short"]) == (True, True, False)
    assert [register.name for register in asked.context["told"]] == ["Касса у входа"]
    assert [register.name for register in asked.context["later"]] == ["Касса в кафе"]
    assert done.url == page(draft)
    draft.refresh_from_db()
    assert (draft.state, draft.posted_by) == (DocumentState.POSTED, accountant)
    assert Balance.objects.get().on_hand == 3
    assert LogEntry.objects.filter(object_id=str(draft.pk), user=accountant).count() == 1


def test_a_refusal_names_each_line_and_leaves_the_draft(client, accountant):
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    supply(warehouse, {bread: 1})
    draft = invoice(warehouse, {bread: 2, beer: "0.5"})

    response = client.post(page(draft, "post"))
    again = client.get(response.url)

    (message,) = said(response)
    for sku in (bread, beer):
        assert sku.code in message
    assert response.url == page(draft, "post")
    assert [row["short"] for row in again.context["rows"]] == [True, True]
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_long_refusal_names_the_first_and_counts_the_rest(client, accountant):
    draft = invoice(WarehouseFactory(), {SkuFactory(): 1 for _ in range(23)})

    (message,) = said(client.post(page(draft, "post")))

    assert message.count("<li>") == 21


def test_what_cannot_be_done_is_said_before_it_is_asked(client, accountant):
    posted = supply(WarehouseFactory(), {SkuFactory(): 1})
    empty = invoice(WarehouseFactory(), {})

    responses = [client.get(page(document, "post")) for document in (posted, empty)]

    assert [response.url for response in responses] == [page(posted), page(empty)]
    for document, message in zip((posted, empty), said(responses[-1]), strict=True):
        assert str(document) in message


def test_a_posted_document_is_reversed(client, accountant):
    posted = supply(WarehouseFactory(), {SkuFactory(): 1})

    asked = client.get(page(posted, "reverse"))
    client.post(page(posted, "reverse"))

    assert asked.status_code == 200
    posted.refresh_from_db()
    assert (posted.state, posted.reversed_by) == (DocumentState.REVERSED, accountant)


def test_a_document_is_copied_to_a_new_draft(client, accountant):
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    posted = supply(warehouse, {bread: 3, beer: 1})
    documents.reverse(document=posted, by=None, now=NOW)

    asked = client.get(page(posted, "copy"))
    response = client.post(page(posted, "copy"))

    assert asked.status_code == 200
    copy = GoodsReceipt.objects.exclude(pk=posted.pk).get()
    assert response.url == page(copy)
    assert (copy.state, copy.supplier, copy.posted_at, copy.reversed_at) == ("draft", posted.supplier, None, None)
    assert copy.number == "000002"
    assert list(copy.lines.order_by("line").values_list("sku", "quantity")) == [(bread.pk, 3), (beer.pk, 1)]


def test_each_verb_has_its_own_permission(client):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    draft = supply(warehouse, {bread: 5}) and invoice(warehouse, {bread: 1})
    signed_in(client, "view_wholesaleinvoice", "change_wholesaleinvoice")

    shown = client.get(page(draft))
    refused = [client.post(page(draft, verb)).status_code for verb in ("post", "reverse", "copy")]

    assert shown.status_code == 200
    assert page(draft, "post") not in shown.content.decode()
    assert refused == [403, 403, 403]
    draft.refresh_from_db()
    assert draft.is_draft


def test_whoever_may_only_look_changes_nothing(client):
    draft = invoice(WarehouseFactory(), {SkuFactory(): 1})
    signed_in(client, "view_wholesaleinvoice")

    shown = client.get(page(draft))
    saved = client.post(page(draft), {})

    assert shown.status_code == 200
    assert 'name="lines-0-quantity"' not in shown.content.decode()
    assert saved.status_code == 403


def test_the_page_offers_what_makes_sense_for_the_state(client, accountant):
    draft, posted = invoice(WarehouseFactory(), {}), supply(WarehouseFactory(), {SkuFactory(): 1})

    of_draft, of_posted = (client.get(page(document)).content.decode() for document in (draft, posted))

    assert page(draft, "post") in of_draft
    assert page(draft, "reverse") not in of_draft
    assert page(posted, "post") not in of_posted
    assert page(posted, "reverse") in of_posted
    assert page(posted, "copy") in of_posted
    assert 'name="_save"' not in of_posted


def test_a_draft_is_deleted_and_a_posted_document_is_not(client, accountant):
    draft, posted = invoice(WarehouseFactory(), {SkuFactory(): 1}), supply(WarehouseFactory(), {SkuFactory(): 1})

    deleted = client.post(page(draft, "delete"), {"post": "yes"})
    refused = client.post(page(posted, "delete"), {"post": "yes"})

    assert deleted.status_code == 302
    assert not WholesaleInvoice.objects.exists()
    assert refused.status_code == 403
    assert GoodsReceipt.objects.exists()


@pytest.mark.parametrize("verb", ["post", "reverse", "copy", "change"])
@pytest.mark.parametrize("pk", ["404", "none"])
def test_a_page_of_no_document_leads_away(client, accountant, verb, pk):
    draft = invoice(WarehouseFactory(), {})

    response = client.get(page(draft, verb).replace(f"/{draft.pk}/", f"/{pk}/"))

    assert response.status_code == 302


def test_documents_are_found_by_number_counterparty_and_goods(client, accountant):
    bread, beer = SkuFactory(), SkuFactory()
    barcode = BarcodeFactory(sku=bread)
    wanted, _other = invoice(WarehouseFactory(), {bread: 1}), invoice(WarehouseFactory(), {beer: 1})
    WholesaleInvoice.objects.filter(pk=wanted.pk).update(number="990077")

    for term in ("990077", wanted.customer.name, wanted.customer.inn, bread.code, bread.name, barcode.value):
        found = client.get(reverse(LIST), {"q": term}).context["cl"].queryset
        assert [document.pk for document in found] == [wanted.pk], term


def test_the_lists_cost_the_same_whatever_their_length(client, accountant):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 100})
    first = invoice(warehouse, {bread: 1})
    documents.post(document=first, by=UserFactory(), now=NOW)
    lists = [reverse(LIST), reverse("admin:stock_goodsreceipt_changelist")]
    before = [statements(client, url) for url in lists]
    for _ in range(10):
        posted = documents.post(document=invoice(warehouse, {bread: 1}), by=UserFactory(), now=NOW)
        supply(WarehouseFactory(), {SkuFactory(): 1})

    after = [statements(client, url) for url in lists]

    assert posted.state == DocumentState.POSTED
    assert after == before


def test_the_page_of_a_document_costs_the_same_whatever_its_lines(client, accountant):
    warehouse = WarehouseFactory()
    skus = [SkuFactory() for _ in range(30)]
    supply(warehouse, dict.fromkeys(skus, 9))
    short, long = invoice(warehouse, dict.fromkeys(skus[:2], 1)), invoice(warehouse, dict.fromkeys(skus, 1))

    drafts = [statements(client, page(document)) for document in (short, long)]
    questions = [statements(client, page(document, "post")) for document in (short, long)]
    for document in (short, long):
        documents.post(document=document, by=None, now=NOW)
    kept = [statements(client, page(document)) for document in (short, long)]

    for few, many in (drafts, questions, kept):
        assert few == many


def test_a_page_being_typed_asks_how_much_there_is(client, accountant):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: "1234.5"})
    url = reverse("admin:stock_wholesaleinvoice_available")

    answers = [
        client.get(url, {"warehouse": warehouse.pk, "sku": sku}).json()["available"]
        for sku in (bread.pk, bread.pk + 1, "", "-1", "9" * 30)
    ]

    assert answers == ["1\xa0234,5", "0", "–", "–", "–"]


def test_how_much_there_is_is_told_to_whoever_may_see_balances(client):
    signed_in(client, "change_wholesaleinvoice")

    assert client.get(reverse("admin:stock_wholesaleinvoice_available")).status_code == 403


def test_a_scanned_barcode_is_asked_of_what_names_one_sku(client, accountant):
    """What static/stock/scanning.js asks for each scan."""
    accountant.user_permissions.add(Permission.objects.get(codename="view_sku"))
    bread = SkuFactory()
    BarcodeFactory(sku=bread, value="4600000000015")
    BarcodeFactory(value="4600000000022")
    asked = {"app_label": "stock", "model_name": "documentline", "field_name": "sku", "term": "4600000000015"}

    page = client.get(reverse("admin:stock_wholesaleinvoice_add")).content.decode()
    [found] = client.get(reverse("admin:autocomplete"), asked).json()["results"]

    assert 'id="scan-line"' in page
    assert found["id"] == str(bread.pk)
