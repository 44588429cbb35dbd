"""Stock counts in the admin: counted in every way, posted on a page of their own, then read and printed."""

from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from retail.choices import DocumentState
from stock.models import StockCount
from stock.services import counts, documents
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, ItemGroupFactory, PriceFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory
from tests.stock.conftest import NOW, supply
from tests.stock.counting import BEFORE, COUNTED, LATER, count, post, sell
from tests.stock.test_documents_admin import said, signed_in, statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_russian")]
LIST = "admin:stock_stockcount_changelist"


@pytest.fixture
def accountant(client):
    verbs = ("view", "add", "change", "delete", "post", "reverse")
    return signed_in(client, "view_balance", "view_movement", *(f"{verb}_stockcount" for verb in verbs))


def page(document, verb: str = "change") -> str:
    names = {"post": "post_document", "reverse": "reverse_document", "copy": "draft_again", "print": "print_document"}
    return reverse(f"admin:stock_stockcount_{names.get(verb, verb)}", args=[document.pk])


def typed(warehouse, rows, *, initial: int = 0) -> dict[str, object]:
    """Return the form of a count as a browser sends it; a row is (pk or "", SKU's key, counted, delete)."""
    form = {
        "date_0": "20.11.2026", "date_1": "12:00:00", "counted_at_0": "20.11.2026", "counted_at_1": "13:00:00",
        "warehouse": warehouse.pk, "comment": "", "count_lines-TOTAL_FORMS": len(rows),
        "count_lines-INITIAL_FORMS": initial,
    }  # fmt: skip
    for place, (pk, sku, counted, delete) in enumerate(rows):
        form |= {
            f"count_lines-{place}-{name}": value for name, value in {"id": pk, "sku": sku, "counted": counted}.items()
        }
        if delete:
            form[f"count_lines-{place}-DELETE"] = "on"
    return form


def test_a_count_is_typed_and_leads_to_its_page(client, accountant):
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    supply(warehouse, {bread: 3})

    response = client.post(
        reverse("admin:stock_stockcount_add"),
        typed(warehouse, [("", bread.pk, "2.5", False), ("", beer.pk, "", False)]),
    )

    draft = StockCount.objects.get()
    assert response.url == page(draft)
    assert (draft.number, draft.counted_at) == ("000001", COUNTED)
    assert list(draft.count_lines.order_by("line").values_list("sku", "counted")) == [(bread.pk, 2.5), (beer.pk, None)]


def test_lines_are_changed_added_and_removed(client, accountant):
    bread, beer, salt = SkuFactory(), SkuFactory(), SkuFactory()
    draft = count(WarehouseFactory(), {bread: 1, beer: 1})
    first, second = draft.count_lines.order_by("line")
    rows = [(first.pk, bread.pk, "7", False), (second.pk, beer.pk, "1", True), ("", salt.pk, "0", False)]

    response = client.post(page(draft), typed(draft.warehouse, rows, initial=2))

    assert response.status_code == 302
    assert list(draft.count_lines.order_by("line").values_list("sku", "counted")) == [(bread.pk, 7), (salt.pk, 0)]


@pytest.mark.parametrize("counted", ["-1", "x", "0,0001", "999999999999999"])
def test_a_figure_that_makes_no_sense_is_shown_as_an_error(client, accountant, counted):
    rows = [("", SkuFactory().pk, counted, False)]

    response = client.post(reverse("admin:stock_stockcount_add"), typed(WarehouseFactory(), rows))

    assert response.status_code == 200
    assert response.context["inline_admin_formsets"][0].formset.errors[0]


def test_a_sku_typed_twice_is_shown_as_an_error(client, accountant):
    bread = SkuFactory()

    response = client.post(
        reverse("admin:stock_stockcount_add"),
        typed(WarehouseFactory(), [("", bread.pk, "1", False), ("", bread.pk, "2", False)]),
    )

    assert response.status_code == 200
    assert not StockCount.objects.exists()


def test_scanning_adds_up_and_shows_what_was_scanned(client, accountant):
    barcode = BarcodeFactory()
    draft = count(WarehouseFactory(), {})

    for quantity in ("", "2,5"):
        response = client.post(page(draft, "scan"), {"code": barcode.value, "quantity": quantity})
        assert response.url == page(draft, "scan")
    shown = client.get(page(draft, "scan"))

    assert draft.count_lines.get().counted == 3.5
    assert [row[3] for row in shown.context["rows"]] == ["3,5", "1"]


@pytest.mark.parametrize(
    ("code", "quantity"), [("nonsense", ""), ("\x00", ""), ("", ""), ("known", "x"), ("known", "-1"), ("known", "1e30")]
)
def test_what_cannot_be_counted_is_said_on_the_page(client, accountant, code, quantity):
    SkuFactory(code="known")
    draft = count(WarehouseFactory(), {})

    response = client.post(page(draft, "scan"), {"code": code, "quantity": quantity})

    assert response.status_code == 200
    assert response.context["form"].errors
    assert not draft.count_lines.exists()


def test_a_count_is_filled_and_what_nobody_counts_is_decided(client, accountant):
    warehouse, group = WarehouseFactory(), ItemGroupFactory(name="Хлеб")
    BalanceFactory(warehouse=warehouse, sku=SkuFactory(item__group=group), on_hand=4)
    BalanceFactory(warehouse=warehouse, on_hand=9)
    draft = count(warehouse, {})

    asked = client.get(page(draft, "fill"))
    client.post(page(draft, "fill"), {"group": group.pk})
    undecided = client.get(page(draft, "settle_uncounted"))
    client.post(page(draft, "settle_uncounted"), {"decision": "books"})

    assert "Хлеб" in asked.content.decode()
    assert undecided.context["uncounted"] == 1
    assert list(draft.count_lines.values_list("counted", flat=True)) == [4]


def test_a_sheet_goes_to_the_shelf_and_comes_back(client, accountant):
    bread, beer = SkuFactory(), SkuFactory()
    draft = count(WarehouseFactory(), {bread: None, beer: 2})

    book = openpyxl.load_workbook(BytesIO(b"".join(client.get(page(draft, "sheet")).streaming_content)))
    book.active["D2"] = "7"
    book.active.append(["nonsense", "", "", 1])
    file = BytesIO()
    book.save(file)
    response = client.post(page(draft, "load_file"), {"file": SimpleUploadedFile("count.xlsx", file.getvalue())})

    assert dict(draft.count_lines.values_list("sku", "counted")) == {bread.pk: 7, beer.pk: 2}
    assert [number for number, _problem in response.context["faults"]] == [4]


def test_a_file_that_is_none_is_said_to_be_none(client, accountant):
    draft = count(WarehouseFactory(), {})

    response = client.post(page(draft, "load_file"), {"file": SimpleUploadedFile("x", b"PK\x03\x04")})

    assert response.context["form"].errors["file"]


def test_posting_shows_the_differences_of_now_and_makes_them(client, accountant):
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    RegisterFactory(warehouse=warehouse, with_prompts=True)
    PriceFactory(sku=bread, price_type=warehouse.retail_price_type, amount=10)
    draft = count(warehouse, {bread: 3, beer: 0})
    BalanceFactory(warehouse=warehouse, sku=bread, on_hand=5)

    asked = client.get(page(draft, "post"))
    done = client.post(page(draft, "post"))

    assert (len(asked.context["rows"]), asked.context["agreeing"], len(asked.context["told"])) == (1, 1, 1)
    assert asked.context["sums"]["shortage"] == "20,00"
    assert done.url == page(draft)
    draft.refresh_from_db()
    assert (draft.state, draft.posted_by) == (DocumentState.POSTED, accountant)


def test_a_count_with_uncounted_lines_offers_no_posting(client, accountant):
    draft = count(WarehouseFactory(), {SkuFactory(): None})

    asked = client.get(page(draft, "post"))
    client.post(page(draft, "post"))

    assert asked.context["uncounted"] == 1
    assert page(draft, "settle_uncounted") in asked.content.decode()
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_count_and_its_correction_lead_to_each_other(client, accountant):
    register, bread = RegisterFactory(), SkuFactory()
    posted = post(count(register.warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)
    (correction,) = counts.settle_late_sales(now=LATER)

    of_count, of_correction = (client.get(page(one)).content.decode() for one in (posted, correction))
    refused = client.get(page(correction, "reverse"))

    assert page(correction) in of_count
    assert page(posted) in of_correction
    assert refused.url == page(correction)
    late = client.get(reverse(LIST), {"made_by": "late"}).context["cl"].queryset
    people = client.get(reverse(LIST), {"made_by": "people"}).context["cl"].queryset
    assert ([one.pk for one in late], [one.pk for one in people]) == ([correction.pk], [posted.pk])


def test_a_posted_count_is_read_copied_and_reversed(client, accountant):
    posted = post(count(WarehouseFactory(), {SkuFactory(): 8}))

    shown = client.get(page(posted)).content.decode()
    copied = client.post(page(posted, "copy"))
    client.post(page(posted, "reverse"))

    for verb in ("scan", "fill", "load_file", "sheet", "settle_uncounted"):
        assert page(posted, verb) not in shown
        assert client.get(page(posted, verb)).url == page(posted)
    assert copied.url == page(StockCount.objects.get(state=DocumentState.DRAFT))
    posted.refresh_from_db()
    assert posted.state == DocumentState.REVERSED


def test_counting_needs_the_right_to_change(client):
    draft = count(WarehouseFactory(), {SkuFactory(): 1})
    signed_in(client, "view_stockcount")

    statuses = {
        client.post(page(draft, verb)).status_code for verb in ("scan", "fill", "load_file", "sheet", "post", "copy")
    }

    assert statuses == {403}
    assert client.get(page(draft)).status_code == 200


@pytest.mark.parametrize("verb", ["scan", "fill", "load_file", "sheet", "settle_uncounted", "print", "post"])
@pytest.mark.parametrize("pk", ["404", "none"])
def test_a_page_of_no_count_leads_away(client, accountant, verb, pk):
    draft = count(WarehouseFactory(), {})

    assert client.get(page(draft, verb).replace(f"/{draft.pk}/", f"/{pk}/")).status_code == 302


def test_lists_and_pages_cost_the_same_whatever_their_length(client, accountant):
    warehouse, skus = WarehouseFactory(), [SkuFactory() for _ in range(30)]
    short, long = count(warehouse, dict.fromkeys(skus[:2], 1)), count(warehouse, dict.fromkeys(skus, 1), at=NOW)
    before = statements(client, reverse(LIST))
    drafts = [[statements(client, page(one, verb)) for one in (short, long)] for verb in ("change", "post", "print")]
    for one in (short, long):
        post(one)
    kept = [[statements(client, page(one, verb)) for one in (short, long)] for verb in ("change", "print")]
    for _ in range(5):
        post(count(WarehouseFactory(), {SkuFactory(): 1}))

    assert statements(client, reverse(LIST)) == before
    for few, many in drafts + kept:
        assert few == many


def test_counts_are_found_by_number_warehouse_and_goods(client, accountant):
    bread = SkuFactory()
    wanted, _other = count(WarehouseFactory(), {bread: 1}), count(WarehouseFactory(), {SkuFactory(): 1})
    StockCount.objects.filter(pk=wanted.pk).update(number="990077")

    for term in ("990077", wanted.warehouse.name, bread.code, bread.name):
        found = client.get(reverse(LIST), {"q": term}).context["cl"].queryset
        assert [one.pk for one in found] == [wanted.pk], term


def test_a_reversal_refused_is_said(client, accountant):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    earlier = post(count(warehouse, {bread: 9}, at=BEFORE), now=BEFORE)
    later = post(count(warehouse, {bread: 8}))

    response = client.post(page(earlier, "reverse"))

    assert later.number in said(response)[0]
    documents.reverse(document=later, by=None, now=NOW)
