"""Drafting, posting and reversing documents that move stock."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from retail.choices import DocumentState
from stock.choices import DocumentKind
from stock.models import Balance, DocumentLine, GoodsReceipt, Movement, WholesaleInvoice
from stock.services import documents, ledger
from tests.factories.people import UserFactory
from tests.factories.retail import CounterpartyFactory, ItemFactory, OrganizationFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory
from tests.stock.conftest import NOW, invoice, lines, supply

pytestmark = pytest.mark.django_db


def on_hand(warehouse, sku) -> Decimal:
    return Balance.objects.get(warehouse=warehouse, sku=sku).on_hand


def test_a_draft_takes_its_organization_from_its_warehouse_and_is_numbered():
    warehouse = WarehouseFactory()

    first = documents.draft_goods_receipt(
        warehouse=warehouse,
        supplier=CounterpartyFactory(),
        date=NOW,
        lines=lines({SkuFactory(): 1}),
        supplier_number="УТ-17",
        comment="до обеда",
    )
    second = invoice(warehouse, {})

    kept = GoodsReceipt.objects.get(pk=first.pk)
    assert (kept.kind, kept.state, kept.organization) == ("goods_receipt", "draft", warehouse.organization)
    assert (kept.supplier_number, kept.comment) == ("УТ-17", "до обеда")
    assert kept.number
    assert second.kind == DocumentKind.WHOLESALE_INVOICE
    assert second.number


def test_lines_of_a_draft_are_numbered_in_their_order():
    beer, bread = SkuFactory(), SkuFactory()

    draft = invoice(WarehouseFactory(), {bread: "1.5", beer: 2})

    assert list(draft.lines.order_by("line").values_list("line", "sku", "quantity", "amount")) == [
        (1, bread.pk, Decimal("1.5"), Decimal("14.85")),
        (2, beer.pk, Decimal(2), Decimal("19.80")),
    ]


@pytest.mark.parametrize(
    ("quantity", "price"),
    [("0", "1"), ("-1", "1"), ("0.0001", "1"), ("1e12", "1"), ("NaN", "1"), ("1", "-0.01"), ("1e11", "1000")],
)
def test_a_line_that_makes_no_sense_is_refused_kindly(quantity, price):
    line = documents.Line(SkuFactory(), Decimal(quantity), Decimal(price))

    with pytest.raises(ValidationError):
        documents.draft_goods_receipt(
            warehouse=WarehouseFactory(), supplier=CounterpartyFactory(), date=NOW, lines=[line]
        )


def test_posting_a_goods_receipt_raises_what_is_on_hand_and_writes_its_movements():
    warehouse, bread, user = WarehouseFactory(), SkuFactory(), UserFactory()
    supply(warehouse, {bread: 3})
    draft = documents.draft_goods_receipt(
        warehouse=warehouse, supplier=CounterpartyFactory(), date=NOW, lines=lines({bread: "2.5"})
    )

    posted = documents.post(document=draft, by=user, now=NOW)

    assert on_hand(warehouse, bread) == Decimal("5.5")
    movement = Movement.objects.get(document=draft)
    assert (movement.warehouse, movement.sku, movement.made_at) == (warehouse, bread, NOW)
    assert (movement.quantity, movement.on_hand_after, movement.reversing) == (Decimal("2.5"), Decimal("5.5"), False)
    assert posted is draft
    kept = GoodsReceipt.objects.get(pk=draft.pk)
    for document in (posted, kept):
        assert (document.state, document.posted_at, document.posted_by) == (DocumentState.POSTED, NOW, user)


def test_posting_a_wholesale_invoice_lowers_what_is_on_hand():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 3})

    documents.post(document=invoice(warehouse, {bread: 3}), by=None, now=NOW)

    assert on_hand(warehouse, bread) == 0
    assert Movement.objects.filter(quantity=-3, on_hand_after=0).count() == 1


def test_several_lines_of_one_sku_add_up_to_one_movement():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    line = documents.Line(bread, Decimal(2))
    draft = documents.draft_goods_receipt(
        warehouse=warehouse, supplier=CounterpartyFactory(), date=NOW, lines=[line, line]
    )

    documents.post(document=draft, by=None, now=NOW)

    assert on_hand(warehouse, bread) == 4
    assert draft.movements.get().quantity == 4


def test_a_service_on_a_document_moves_nothing():
    warehouse, delivery = WarehouseFactory(), SkuFactory(item=ItemFactory(kind="service"))

    posted = documents.post(document=invoice(warehouse, {delivery: 1}), by=None, now=NOW)

    assert posted.state == DocumentState.POSTED
    assert not Balance.objects.filter(warehouse=warehouse).exists()
    assert not posted.movements.exists()


def test_an_invoice_for_more_than_is_available_names_every_line_and_moves_nothing():
    warehouse = WarehouseFactory()
    bread, beer, salt, fish = (SkuFactory() for _ in range(4))
    supply(warehouse, {bread: 10})
    BalanceFactory(warehouse=warehouse, sku=beer, on_hand=10, sold=4, reserved=Decimal("3.5"))
    BalanceFactory(warehouse=warehouse, sku=salt, on_hand=1, sold=3)
    draft = documents.draft_wholesale_invoice(
        warehouse=warehouse,
        customer=CounterpartyFactory(),
        date=NOW,
        lines=[*lines({beer: 2, bread: 1, fish: 1}), *lines({beer: 1, salt: 1})],
    )

    with pytest.raises(ledger.NotEnoughStock) as refused:
        documents.post(document=draft, by=None, now=NOW)

    assert refused.value.code == "not_enough_stock"
    assert refused.value.shortages == (
        ledger.Shortage((1, 4), beer.code, beer.name, Decimal(3), Decimal("2.5")),
        ledger.Shortage((3,), fish.code, fish.name, Decimal(1), Decimal(0)),
        ledger.Shortage((5,), salt.code, salt.name, Decimal(1), Decimal(-2)),
    )
    assert refused.value.extra["shortages"][0] == {
        "lines": [1, 4], "sku": beer.code, "name": beer.name, "asked": "3.000", "available": "2.500",
    }  # fmt: skip
    for sku in (beer, fish, salt):
        assert sku.code in str(refused.value)
    assert on_hand(warehouse, bread) == 10
    assert WholesaleInvoice.objects.get(pk=draft.pk).is_draft
    assert not draft.movements.exists()


def test_a_balance_too_large_to_keep_is_refused():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: "999999999999"})
    draft = documents.draft_goods_receipt(
        warehouse=warehouse, supplier=CounterpartyFactory(), date=NOW, lines=lines({bread: 1})
    )

    with pytest.raises(ledger.QuantityTooLarge):
        documents.post(document=draft, by=None, now=NOW)


def test_a_document_without_lines_is_not_posted():
    with pytest.raises(documents.NoLines):
        documents.post(document=invoice(WarehouseFactory(), {}), by=None, now=NOW)


def test_a_document_is_posted_once():
    posted = supply(WarehouseFactory(), {SkuFactory(): 1})

    with pytest.raises(documents.AlreadyPosted):
        documents.post(document=posted, by=None, now=NOW)


def test_reversing_writes_opposite_movements():
    warehouse, bread, user = WarehouseFactory(), SkuFactory(), UserFactory()
    supply(warehouse, {bread: 3})
    sold = documents.post(document=invoice(warehouse, {bread: 2}), by=None, now=NOW)
    later = NOW + timedelta(days=1)

    documents.reverse(document=sold, by=user, now=later)

    assert on_hand(warehouse, bread) == 3
    assert list(sold.movements.order_by("id").values_list("quantity", "on_hand_after", "reversing", "made_at")) == [
        (-2, 1, False, NOW),
        (2, 3, True, later),
    ]
    kept = WholesaleInvoice.objects.get(pk=sold.pk)
    assert (kept.state, kept.reversed_at, kept.reversed_by) == (DocumentState.REVERSED, later, user)
    assert (kept.posted_at, kept.posted_by) == (NOW, None)


def test_a_goods_receipt_is_not_reversed_once_its_goods_are_gone():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    received = supply(warehouse, {bread: 3})
    documents.post(document=invoice(warehouse, {bread: 1}), by=None, now=NOW)

    with pytest.raises(ledger.NotEnoughStock) as refused:
        documents.reverse(document=received, by=None, now=NOW)

    assert [(short.asked, short.available) for short in refused.value.shortages] == [(3, 2)]
    assert on_hand(warehouse, bread) == 2
    assert GoodsReceipt.objects.get(pk=received.pk).state == DocumentState.POSTED


def test_only_a_posted_document_is_reversed_and_only_once():
    warehouse = WarehouseFactory()
    draft = invoice(warehouse, {SkuFactory(): 1})
    received = supply(warehouse, {SkuFactory(): 1})
    documents.reverse(document=received, by=None, now=NOW)

    with pytest.raises(documents.NotPosted):
        documents.reverse(document=draft, by=None, now=NOW)
    with pytest.raises(documents.AlreadyReversed):
        documents.reverse(document=received, by=None, now=NOW)
    with pytest.raises(documents.AlreadyReversed):
        documents.post(document=received, by=None, now=NOW)


def test_a_draft_is_edited_and_discarded_and_keeps_its_number():
    warehouse, other = WarehouseFactory(), WarehouseFactory()
    draft = invoice(warehouse, {SkuFactory(): 1})
    number = draft.number
    other.organization = warehouse.organization
    other.save()

    draft.warehouse = other
    documents.save_draft(document=draft)
    documents.save_lines(document=draft, lines=[DocumentLine(sku=SkuFactory(), quantity=Decimal(5))])
    first = draft.lines.get(line=1)
    first.quantity = Decimal(7)
    documents.save_lines(document=draft, lines=[first])

    kept = WholesaleInvoice.objects.get(pk=draft.pk)
    assert (kept.number, kept.warehouse) == (number, other)
    assert list(kept.lines.order_by("line").values_list("line", "quantity")) == [(1, 7), (2, 5)]
    documents.discard(document=kept)
    assert not WholesaleInvoice.objects.exists()


def test_a_draft_is_numbered_anew_in_another_organization_and_in_another_year():
    warehouse = WarehouseFactory()
    invoice(warehouse, {})
    draft = invoice(warehouse, {})
    numbers = [draft.number]

    draft.warehouse = WarehouseFactory(organization=OrganizationFactory())
    documents.save_draft(document=draft)
    numbers.append(draft.number)
    draft.warehouse, draft.date = warehouse, NOW.replace(year=2027)
    documents.save_draft(document=draft)
    numbers.append(draft.number)

    assert numbers == ["000002", "000001", "000001"]
    assert WholesaleInvoice.objects.get(pk=draft.pk).organization == warehouse.organization


def test_a_posted_document_is_neither_edited_nor_discarded():
    posted = supply(WarehouseFactory(), {SkuFactory(): 1})

    with pytest.raises(documents.NotADraft):
        documents.save_draft(document=posted)
    with pytest.raises(documents.NotADraft):
        documents.discard(document=posted)


def test_whoever_waits_is_woken_after_the_commit_and_not_by_a_refusal(monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(documents.wakeups, "announce", woken.append)
    warehouse, bread = WarehouseFactory(), SkuFactory()

    with django_capture_on_commit_callbacks(execute=True):
        received = supply(warehouse, {bread: 1})
        assert woken == []
    with pytest.raises(ledger.NotEnoughStock), django_capture_on_commit_callbacks(execute=True):
        documents.post(document=invoice(warehouse, {bread: 2}), by=None, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        documents.reverse(document=received, by=None, now=NOW)

    assert woken == [[warehouse.pk], [warehouse.pk]]
