import pytest
from django.contrib.admin.models import LogEntry

from retail.choices import DocumentState, Role
from stock.models import Balance, GoodsReceipt, StockCount, StockTransfer, WholesaleInvoice
from tests.factories.people import UserFactory
from tests.factories.retail import CounterpartyFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import GoodsReceiptFactory, WholesaleInvoiceFactory
from tests.retail.programs import Program, refusal
from tests.stock.conftest import supply

pytestmark = pytest.mark.django_db

DAY = "2026-11-20T09:00:00+03:00"


@pytest.fixture
def program():
    return Program(UserFactory(role=Role.ADMINISTRATOR))


@pytest.fixture
def superuser():
    return Program()


@pytest.fixture
def warehouse():
    return WarehouseFactory()


def line(sku, quantity, **fields):
    return {"sku": sku.code, "quantity": quantity, **fields}


def receipt(warehouse, *lines):
    return {
        "warehouse": warehouse.pk, "supplier": CounterpartyFactory().pk, "supplier_number": "УТ-17", "date": DAY,
        "comment": "by train", "lines": list(lines),
    }  # fmt: skip


def test_goods_are_drafted_posted_and_reversed(program, warehouse):
    sku = SkuFactory()

    status, draft = program.post("goods-receipts", receipt(warehouse, line(sku, "5.5", price="70")))
    posted = program.post(f"goods-receipts/{draft['id']}/post")[1]
    on_hand = Balance.objects.get(sku=sku).on_hand
    reversed_ = program.post(f"goods-receipts/{draft['id']}/reverse")[1]

    assert status == 201, draft
    assert (draft["state"], draft["number"], draft["total"]) == ("draft", "000001", "385.00")
    assert (posted["state"], posted["posted_by"], on_hand) == ("posted", program.user.username, 5.5)
    assert (reversed_["state"], Balance.objects.get(sku=sku).on_hand) == ("reversed", 0)


def test_what_was_done_stands_in_the_document_s_history(program, warehouse):
    draft = program.post("goods-receipts", receipt(warehouse, line(SkuFactory(), "1")))[1]
    program.post(f"goods-receipts/{draft['id']}/post")

    said = LogEntry.objects.filter(object_id=str(draft["id"])).order_by("pk")

    assert [entry.change_message for entry in said] == ["API: Drafted.", "API: Posted."]


def test_lines_of_a_document_are_read_in_their_order(program, warehouse):
    skus = [SkuFactory() for _ in range(3)]
    draft = program.post("goods-receipts", receipt(warehouse, *(line(sku, "2", price="3") for sku in skus)))[1]

    rows = program.every(f"goods-receipts/{draft['id']}/lines?limit=2")

    assert [(row["line"], row["sku"], row["amount"]) for row in rows] == [
        (place, sku.code, "6.00") for place, sku in enumerate(skus, start=1)
    ]
    assert refusal(program.get("goods-receipts/404404/lines"))[:2] == (404, "not_found")
    assert refusal(program.get(f"wholesale-invoices/{draft['id']}/lines"))[:2] == (404, "not_found")


def test_a_draft_is_edited_and_its_lines_are_put_in_the_place_of_the_old(program, warehouse):
    draft = GoodsReceiptFactory(warehouse=warehouse, lines=3)
    sku, other = SkuFactory(), WarehouseFactory()

    status, edited = program.call(
        "patch", f"goods-receipts/{draft.pk}", {"comment": "late", "warehouse": other.pk, "lines": [line(sku, "4")]}
    )

    assert status == 200, edited
    assert (edited["comment"], edited["warehouse"], edited["organization"]) == ("late", other.pk, other.organization_id)
    assert [(row["line"], row["sku"]) for row in program.rows(f"goods-receipts/{draft.pk}/lines")] == [(1, sku.code)]


def test_an_edit_leaves_alone_what_it_does_not_name(program):
    draft = GoodsReceiptFactory(lines=2, comment="kept")

    status, edited = program.call("patch", f"goods-receipts/{draft.pk}", {"supplier_number": "7"})

    assert (status, edited["supplier_number"], edited["comment"]) == (200, "7", "kept")
    assert draft.lines.count() == 2


def test_a_posted_document_is_neither_edited_nor_deleted_nor_posted_again(program, warehouse):
    document = supply(warehouse, {SkuFactory(): 1})
    path = f"goods-receipts/{document.pk}"

    assert refusal(program.call("patch", path, {"comment": "x"}))[:2] == (409, "not_a_draft")
    assert refusal(program.call("patch", path, {"lines": []}))[:2] == (409, "not_a_draft")
    assert refusal(program.call("delete", path))[:2] == (409, "not_a_draft")
    assert refusal(program.post(f"{path}/post"))[:2] == (409, "already_posted")


def test_a_draft_is_deleted(program):
    draft = GoodsReceiptFactory(lines=1)

    assert program.call("delete", f"goods-receipts/{draft.pk}") == (204, None)
    assert not GoodsReceipt.objects.exists()


def test_an_invoice_is_refused_line_by_line_where_less_is_left(program, warehouse):
    sku = SkuFactory()
    supply(warehouse, {sku: 2})
    asked = {"warehouse": warehouse.pk, "customer": CounterpartyFactory().pk, "lines": [line(sku, "5")]}
    draft = program.post("wholesale-invoices", asked)[1]

    status, answer = program.post(f"wholesale-invoices/{draft['id']}/post")

    assert (status, answer["errors"][0]["code"]) == (409, "not_enough_stock")
    assert answer["shortages"] == [
        {"lines": [1], "sku": sku.code, "name": sku.name, "asked": "5.000", "available": "2.000"}
    ]


def test_an_empty_document_is_not_posted(program):
    draft = WholesaleInvoiceFactory()

    assert refusal(program.post(f"wholesale-invoices/{draft.pk}/post"))[:2] == (409, "no_lines")
    assert refusal(program.post(f"wholesale-invoices/{draft.pk}/reverse"))[:2] == (409, "not_posted")


def test_a_document_is_copied_to_a_new_draft(program, warehouse):
    sku = SkuFactory()
    document = supply(warehouse, {sku: 3})

    status, copied = program.post(f"goods-receipts/{document.pk}/copy")

    assert (status, copied["state"], copied["supplier"]) == (201, "draft", document.supplier_id)
    assert [row["quantity"] for row in program.rows(f"goods-receipts/{copied['id']}/lines")] == ["3.000"]


def test_a_draft_and_a_posting_repeated_under_their_keys_are_done_once(program, warehouse):
    asked = receipt(warehouse, line(SkuFactory(), "1"))

    drafts = [program.post("goods-receipts", asked, key="draft") for _ in range(2)]
    posts = [program.post(f"goods-receipts/{drafts[0][1]['id']}/post", key="post") for _ in range(2)]

    assert drafts[0] == drafts[1]
    assert posts[0] == posts[1]
    assert posts[0][1].get("state") == "posted", posts
    assert GoodsReceipt.objects.count() == 1


def test_a_refused_posting_is_answered_alike_under_its_key_and_goes_through_under_another(program, warehouse):
    sku = SkuFactory()
    draft = WholesaleInvoiceFactory(warehouse=warehouse, lines={sku: 2})
    first = program.post(f"wholesale-invoices/{draft.pk}/post", key="a")
    supply(warehouse, {sku: 2})

    assert program.post(f"wholesale-invoices/{draft.pk}/post", key="a") == first
    assert program.post(f"wholesale-invoices/{draft.pk}/post", key="b")[1]["state"] == "posted"


def test_goods_are_transferred(superuser, warehouse):
    sku = SkuFactory()
    supply(warehouse, {sku: 5})
    there = WarehouseFactory(organization=warehouse.organization)
    asked = {"warehouse": warehouse.pk, "to_warehouse": there.pk, "lines": [line(sku, "2")]}

    draft = superuser.post("stock-transfers", asked)[1]
    posted = superuser.post(f"stock-transfers/{draft['id']}/post")[1]

    assert posted["state"] == "posted"
    assert Balance.objects.get(sku=sku, warehouse=there).on_hand == 2
    assert StockTransfer.objects.get().state == DocumentState.POSTED


def test_goods_are_not_transferred_to_another_organization(superuser, warehouse):
    asked = {"warehouse": warehouse.pk, "to_warehouse": WarehouseFactory().pk, "lines": []}

    assert refusal(superuser.post("stock-transfers", asked)) == (400, "invalid", "to_warehouse")


def test_goods_are_counted(superuser, warehouse):
    sku, other = SkuFactory(), SkuFactory()
    supply(warehouse, {sku: 5})
    asked = {"warehouse": warehouse.pk, "counted_at": "2026-11-21T09:00:00+03:00", "lines": [{"sku": other.code}]}
    draft = superuser.post("stock-counts", asked)[1]

    assert refusal(superuser.post(f"stock-counts/{draft['id']}/post"))[:2] == (409, "not_counted")
    status, edited = superuser.call(
        "patch", f"stock-counts/{draft['id']}", {"lines": [{"sku": sku.code, "counted": "4"}]}
    )
    assert status == 200, edited
    [row] = superuser.rows(f"stock-counts/{draft['id']}/lines")
    assert (row["sku"], row["expected"], row["difference"]) == (sku.code, "5.000", "-1.000")
    assert superuser.post(f"stock-counts/{draft['id']}/post")[1]["state"] == "posted"
    assert Balance.objects.get(sku=sku).on_hand == 4


def test_a_count_is_copied_without_its_figures(superuser, warehouse):
    sku = SkuFactory()
    asked = {"warehouse": warehouse.pk, "counted_at": DAY, "lines": [{"sku": sku.code, "counted": "1"}]}
    draft = superuser.post("stock-counts", asked)[1]

    copied = superuser.post(f"stock-counts/{draft['id']}/copy")[1]

    assert [row["counted"] for row in superuser.rows(f"stock-counts/{copied['id']}/lines")] == [None]
    assert StockCount.objects.count() == 2


def test_a_sku_is_counted_once(superuser, warehouse):
    sku = SkuFactory()
    twice = [{"sku": sku.code, "counted": "1"}, {"sku": sku.code, "counted": "2"}]
    asked = {"warehouse": warehouse.pk, "counted_at": DAY, "lines": twice}

    assert refusal(superuser.post("stock-counts", asked)) == (400, "named_twice", "lines.1.sku")


@pytest.mark.parametrize(
    ("wrong", "code", "attr"),
    [
        ({"warehouse": 404404}, "does_not_exist", "warehouse"),
        ({"warehouse": "x"}, "incorrect_type", "warehouse"),
        ({"warehouse": True}, "incorrect_type", "warehouse"),
        ({"warehouse": 10**30}, "does_not_exist", "warehouse"),
        ({"warehouse": None}, "null", "warehouse"),
        ({"date": "0001-01-01T00:00:00Z"}, "year", "date"),
        ({"date": "9999-12-31T23:59:59-14:00"}, "overflow", "date"),
        ({"date": "9999-12-31T00:00:00Z"}, "year", "date"),
        ({"date": "yesterday"}, "invalid", "date"),
        ({"comment": "a\x00b"}, "null_characters_not_allowed", "comment"),
        ({"comment": "\ud800"}, "surrogate_characters_not_allowed", "comment"),
        ({"lines": "x"}, "not_a_list", "lines"),
        ({"lines": [7]}, "invalid", "lines.0.non_field_errors"),
        ({"lines": [{"quantity": "1"}]}, "required", "lines.0.sku"),
        ({"lines": [{"sku": "404", "quantity": "1"}]}, "unknown", "lines.0.sku"),
        ({"lines": [{"sku": "1", "quantity": "0"}]}, "min_value", "lines.0.quantity"),
        ({"lines": [{"sku": "1", "quantity": "1e400"}]}, "max_digits", "lines.0.quantity"),
        ({"lines": [{"sku": "1", "quantity": "NaN"}]}, "invalid", "lines.0.quantity"),
        ({"lines": [{"sku": "1", "quantity": "1", "price": "0.001"}]}, "max_decimal_places", "lines.0.price"),
    ],
)  # fmt: skip
def test_a_body_that_makes_no_sense_is_refused_where_it_makes_none(program, warehouse, wrong, code, attr):
    assert refusal(program.post("goods-receipts", {**receipt(warehouse), **wrong})) == (400, code, attr)


@pytest.mark.parametrize("text", ["{", '{"warehouse": 1e400}', "[]", "7", "null", '{"warehouse": NaN}', "[" * 100_000])
def test_a_body_that_is_no_object_is_refused(program, text):
    status, _content = program.post("goods-receipts", text)

    assert status == 400


def test_an_amount_too_large_is_refused(program, warehouse):
    asked = receipt(warehouse, line(SkuFactory(), "999999999999", price="999"))

    assert refusal(program.post("goods-receipts", asked))[:2] == (400, "invalid")


def test_documents_are_found_by_state_party_number_and_period(program):
    draft = GoodsReceiptFactory(supplier_number="УТ-17", number="000007")
    GoodsReceiptFactory(date="2026-01-01T00:00:00Z")

    for asked in (
        f"supplier={draft.supplier_id}", "supplier_number=УТ-17", "number=000007", "since=2026-11-20&until=2026-11-20",
        f"warehouse={draft.warehouse_id}&state=draft,posted", f"organization={draft.organization_id}",
    ):  # fmt: skip
        assert [row["id"] for row in program.rows(f"goods-receipts?{asked}")] == [draft.pk], asked
    assert program.rows("goods-receipts?state=reversed") == []


def test_newest_documents_come_first_if_one_asks(program):
    for day in (2, 1, 3):
        WholesaleInvoiceFactory(date=f"2026-11-0{day}T00:00:00Z")

    rows = program.every("wholesale-invoices?ordering=-date&limit=1&fields=date")

    assert [row["date"][:10] for row in rows] == ["2026-11-03", "2026-11-02", "2026-11-01"]
    assert WholesaleInvoice.objects.count() == 3
