"""Stock transfers in the admin."""

import pytest
from django.urls import reverse

from retail.choices import DocumentState
from stock.models import StockTransfer
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.stock.conftest import supply, transfer
from tests.stock.test_documents_admin import said, signed_in, statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_russian")]
LIST = "admin:stock_stocktransfer_changelist"


@pytest.fixture
def accountant(client):
    verbs = ("view", "add", "change", "delete", "post", "reverse")
    return signed_in(client, "view_balance", "view_movement", *(f"{verb}_stocktransfer" for verb in verbs))


@pytest.fixture
def here():
    return WarehouseFactory()


@pytest.fixture
def there(here):
    return WarehouseFactory(organization=here.organization)


def page(document, verb: str = "change") -> str:
    names = {"post": "post_document", "reverse": "reverse_document", "copy": "draft_again", "print": "print_document"}
    return reverse(f"admin:stock_stocktransfer_{names.get(verb, verb)}", args=[document.pk])


def typed(warehouse, to_warehouse, sku) -> dict[str, object]:
    return {
        "date_0": "20.11.2026", "date_1": "12:00:00", "warehouse": warehouse, "to_warehouse": to_warehouse,
        "comment": "", "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0, "lines-0-sku": sku, "lines-0-quantity": "2",
        "lines-0-price": "10",
    }  # fmt: skip


def test_a_transfer_is_typed_as_a_numbered_draft(client, accountant, here, there):
    client.post(reverse("admin:stock_stocktransfer_add"), typed(here.pk, there.pk, SkuFactory().pk))

    draft = StockTransfer.objects.get()
    assert (draft.number, draft.warehouse, draft.to_warehouse, draft.lines.count()) == ("000001", here, there, 1)


def test_a_transfer_to_nowhere_or_to_strangers_is_an_error_of_its_field(client, accountant, here):
    for to_warehouse in (here.pk, WarehouseFactory().pk):
        response = client.post(reverse("admin:stock_stocktransfer_add"), typed(here.pk, to_warehouse, SkuFactory().pk))
        assert response.context["adminform"].form.errors["to_warehouse"]


def test_posting_shows_both_warehouses_and_then_moves(client, accountant, here, there):
    bread = SkuFactory()
    supply(here, {bread: 5})
    registers = [RegisterFactory(warehouse=warehouse, with_prompts=True) for warehouse in (here, there)]
    draft = transfer(here, there, {bread: 2})

    asked = client.get(page(draft, "post"))
    client.post(page(draft, "post"))
    back = client.get(page(draft, "reverse"))

    (row,) = asked.context["rows"]
    assert [
        figure in row[name] for name, figure in (("giving", "5"), ("giving_after", "3"), ("taking_after", "2"))
    ] == [True] * 3
    assert set(asked.context["told"]) == set(registers)
    assert (back.context["giving"], back.context["taking"], back.context["rows"][0]["short"]) == (there, here, False)
    draft.refresh_from_db()
    assert draft.state == DocumentState.POSTED


def test_a_refusal_names_the_line(client, accountant, here, there):
    bread = SkuFactory()
    draft = transfer(here, there, {bread: 2})

    response = client.post(page(draft, "post"))
    again = client.get(response.url)

    assert bread.code in said(response)[0]
    assert again.context["rows"][0]["short"]


def test_lists_and_pages_cost_the_same_whatever_their_length(client, accountant, here, there):
    skus = [SkuFactory() for _ in range(30)]
    supply(here, dict.fromkeys(skus, 9))
    short, long = transfer(here, there, dict.fromkeys(skus[:2], 1)), transfer(here, there, dict.fromkeys(skus, 1))
    before = statements(client, reverse(LIST))
    for _ in range(5):
        transfer(here, there, {skus[0]: 1})

    assert statements(client, reverse(LIST)) == before
    for verb in ("change", "post", "print"):
        assert statements(client, page(short, verb)) == statements(client, page(long, verb))


def test_transfers_are_found_by_either_warehouse(client, accountant, here, there):
    wanted = transfer(here, there, {})
    other = WarehouseFactory()
    transfer(other, WarehouseFactory(organization=other.organization), {})

    for term in (here.name, there.name, SkuFactory().code):
        found = [one.pk for one in client.get(reverse(LIST), {"q": term}).context["cl"].queryset]
        assert found == ([wanted.pk] if "Склад" in term else []), term
