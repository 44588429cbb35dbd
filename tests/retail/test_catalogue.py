"""The catalogue feed: whatever a register is told about a SKU stamps that SKU, and nothing else does."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from retail.models import Barcode, Catalogue, Characteristic, Item, ItemGroup, Pack, Price, Sku, SkuMove, Unit, VatRate
from retail.services import catalogue
from tests.factories.retail import (
    BarcodeFactory,
    ItemFactory,
    ItemGroupFactory,
    PriceFactory,
    PriceTypeFactory,
    SkuFactory,
)


def _revisions():
    return dict(Sku.objects.values_list("pk", "revision"))


def _stamped(edit):
    """Return the SKUs that an edit stamped."""
    before = _revisions()
    edit()
    return {pk for pk, revision in _revisions().items() if revision != before.get(pk)}


EDITS: dict[str, Callable[[Any], object]] = {
    "item name": lambda sku: Item.objects.filter(pk=sku.item_id).update(name="Another"),
    "item name on the receipt": lambda sku: Item.objects.filter(pk=sku.item_id).update(full_name="Another"),
    "item article": lambda sku: Item.objects.filter(pk=sku.item_id).update(article="X-1"),
    "item kind": lambda sku: Item.objects.filter(pk=sku.item_id).update(kind="service"),
    "item group": lambda sku: Item.objects.filter(pk=sku.item_id).update(group=ItemGroupFactory()),
    "item unit": lambda sku: Item.objects.filter(pk=sku.item_id).update(unit=Unit.objects.get(code="112")),
    "item VAT rate": lambda sku: Item.objects.filter(pk=sku.item_id).update(vat_rate=VatRate.objects.get(code="10")),
    "item weighed": lambda sku: Item.objects.filter(pk=sku.item_id).update(weighed=True),
    "item marking": lambda sku: Item.objects.filter(pk=sku.item_id).update(marking="beer"),
    "item withdrawn": lambda sku: Item.objects.filter(pk=sku.item_id).update(withdrawn=True),
    "characteristic name": lambda sku: Characteristic.objects.filter(pk=sku.characteristic_id).update(name="XXL"),
    "pack quantity": lambda sku: Pack.objects.filter(pk=sku.pack_id).update(quantity=24),
    "SKU scales code": lambda sku: Sku.objects.filter(pk=sku.pk).update(plu=99),
    "SKU withdrawn": lambda sku: Sku.objects.filter(pk=sku.pk).update(withdrawn=True),
    "barcode added": lambda sku: BarcodeFactory(sku=sku),
    "barcode changed": lambda sku: Barcode.objects.filter(sku=sku).update(value="OTHER"),
    "barcode deleted": lambda sku: Barcode.objects.filter(sku=sku).delete(),
    "price added": lambda sku: PriceFactory(sku=sku),
    "price changed": lambda sku: Price.objects.filter(sku=sku).update(amount=5),
    "price deleted": lambda sku: Price.objects.filter(sku=sku).delete(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_stamps_the_sku_it_concerns_and_no_other(edit):
    sku = SkuFactory(varied=True, packed=True, barcoded=True, priced=True)
    SkuFactory(varied=True, packed=True, barcoded=True, priced=True)

    assert _stamped(lambda: EDITS[edit](sku)) == {sku.pk}
    assert Catalogue.objects.get().revision == max(_revisions().values())


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Unit, VatRate])
def test_an_edit_of_a_unit_or_a_rate_stamps_every_sku_that_has_it(model):
    piece, weighed = SkuFactory(), SkuFactory(by_weight=True)
    field = "unit" if model is Unit else "vat_rate"
    Item.objects.filter(pk=weighed.item_id).update(vat_rate=VatRate.objects.get(code="10"))

    stamped = _stamped(lambda: model.objects.filter(pk=getattr(piece.item, f"{field}_id")).update(name="Another"))

    assert stamped == {piece.pk}


@pytest.mark.django_db
def test_a_saved_edit_that_changes_nothing_a_register_is_told_stamps_nothing():
    sku = SkuFactory()

    assert _stamped(lambda: sku.item.save()) == set()
    assert _stamped(lambda: sku.save()) == set()


@pytest.mark.django_db
def test_a_barcode_given_to_another_sku_stamps_both():
    one, other = SkuFactory(barcoded=True), SkuFactory()

    assert _stamped(lambda: Barcode.objects.filter(sku=one).update(sku=other)) == {one.pk, other.pk}


@pytest.mark.django_db
def test_a_whole_batch_takes_revisions_one_after_another():
    item = ItemFactory()
    base = Catalogue.objects.get().revision

    Sku.objects.bulk_create([Sku(code="a", item=item), Sku(code="b", item=ItemFactory())])

    assert sorted(Sku.objects.values_list("revision", flat=True)) == [base + 1, base + 2]
    assert Catalogue.objects.get().revision == base + 2


@pytest.mark.django_db
def test_the_full_name_of_a_sku_follows_its_parts():
    sku = SkuFactory(item__name="Футболка", varied=True, packed=True)
    Characteristic.objects.update(name="XL")
    Pack.objects.update(name="короб")

    sku.refresh_from_db()

    assert sku.name == "Футболка, XL (короб)"


@pytest.mark.django_db
@pytest.mark.parametrize("withdrawn", ["sku", "item"])
def test_a_withdrawn_sku_is_told_once_and_not_stamped_by_later_edits(withdrawn):
    sku = SkuFactory(barcoded=True, priced=True)
    target = Sku.objects.filter(pk=sku.pk) if withdrawn == "sku" else Item.objects.filter(pk=sku.item_id)

    assert _stamped(lambda: target.update(withdrawn=True)) == {sku.pk}
    assert _stamped(lambda: PriceFactory(sku=sku)) == set()
    assert _stamped(lambda: BarcodeFactory(sku=sku)) == set()
    assert _stamped(lambda: Item.objects.update(name="Another")) == set()
    sku.refresh_from_db()
    assert sku.name == "Another"
    assert _stamped(lambda: target.update(withdrawn=False)) == {sku.pk}


MOVES: dict[str, Callable[[Any], object]] = {
    **{f"item {name}": EDITS[f"item {name}"] for name in ("kind", "group", "VAT rate", "marking")},
    "item of the SKU": lambda sku: Sku.objects.filter(pk=sku.pk).update(item=ItemFactory()),
    "code of the VAT rate": lambda sku: VatRate.objects.filter(pk=sku.item.vat_rate_id).update(code="23"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("edit", EDITS | MOVES)
def test_a_sku_has_moved_when_it_comes_under_what_filters_choose_by(edit):
    sku = SkuFactory(item__vat_rate=VatRate.objects.get(code="20"))
    SkuFactory(item__vat_rate=VatRate.objects.get(code="0"))
    before = Catalogue.objects.get().revision

    {**EDITS, **MOVES}[edit](sku)

    moved = dict(SkuMove.objects.values_list("sku", "revision"))
    assert set(moved) == ({sku.pk} if edit in MOVES else set())
    assert all(before < revision <= Catalogue.objects.get().revision for revision in moved.values())


@pytest.mark.django_db
def test_groups_take_revisions_of_the_same_counter():
    group = ItemGroupFactory()
    other = ItemGroupFactory()
    group.refresh_from_db()
    other.refresh_from_db()
    base = Catalogue.objects.get().revision
    assert (group.revision, other.revision) == (base - 1, base)

    ItemGroup.objects.filter(pk=group.pk).update(parent=other)
    ItemGroup.objects.filter(pk=other.pk).update(name=other.name)

    group.refresh_from_db()
    other.refresh_from_db()
    assert (group.revision, other.revision) == (base + 1, base)


@pytest.mark.django_db
def test_stamp_puts_skus_into_the_feed_by_hand():
    one, other = SkuFactory(), SkuFactory()

    assert _stamped(lambda: catalogue.stamp([one.pk])) == {one.pk}
    assert _stamped(lambda: catalogue.stamp([])) == set()
    assert other.pk


@pytest.mark.django_db(transaction=True)
def test_lock_wants_a_transaction():
    with pytest.raises(TransactionManagementError):
        catalogue.lock()


def _missed_by_a_reader(edits):
    """Run the edits at once, each in a transaction, while a reader follows the feed; return the SKUs it has missed.

    The reader does as a register does: it asks for what is above its cursor and moves that to the highest revision.
    """
    seen = set()
    done = threading.Event()

    def edit(work):
        try:
            with transaction.atomic():
                work()
        finally:
            connection.close()

    def follow():
        cursor = 0
        try:
            while True:
                last_look = done.is_set()
                for pk, revision in Sku.objects.filter(revision__gt=cursor).values_list("pk", "revision"):
                    seen.add(pk)
                    cursor = max(cursor, revision)
                if last_look:
                    return
        finally:
            connection.close()

    with ThreadPoolExecutor(len(edits) + 1) as pool:
        reader = pool.submit(follow)
        for writer in [pool.submit(edit, work) for work in edits]:
            writer.result()
        done.set()
        reader.result()
    return set(Sku.objects.values_list("pk", flat=True)) - seen


def _pause():
    """Leave another editor a moment in which he would overtake us, were there nothing that holds him."""
    threading.Event().wait(0.2)


@pytest.mark.django_db(transaction=True)
def test_two_editors_at_once_lose_no_revision():
    slow, quick = SkuFactory(), SkuFactory()
    Sku.objects.update(revision=0)
    price_type = PriceTypeFactory()
    taken = threading.Event()

    def first():
        Price.objects.create(sku=slow, price_type=price_type, valid_from=timezone.now(), amount=1)
        taken.set()
        _pause()

    def second():
        assert taken.wait(10)
        Price.objects.create(sku=quick, price_type=price_type, valid_from=timezone.now(), amount=1)

    assert _missed_by_a_reader([first, second]) == set()


@pytest.mark.django_db(transaction=True)
def test_that_test_would_see_a_revision_taken_without_the_lock():
    """A sequence in place of the locked counter: the same two editors, and the reader misses the slow one."""
    slow, quick = SkuFactory(), SkuFactory()
    Sku.objects.update(revision=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE careless START 1000")
    taken, read = threading.Event(), threading.Event()

    def stamp(sku):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE retail_sku SET revision = nextval('careless') WHERE id = %s", [sku.pk])

    def first():
        stamp(slow)
        taken.set()
        assert read.wait(10)
        _pause()

    def second():
        assert taken.wait(10)
        stamp(quick)
        transaction.on_commit(read.set)

    missed = _missed_by_a_reader([first, second])
    with connection.cursor() as cursor:
        cursor.execute("DROP SEQUENCE careless")

    assert missed == {slow.pk}
