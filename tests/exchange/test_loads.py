"""Register loads: drafted, posted once, and heard by the registers they name."""

import json
import uuid
from datetime import UTC, datetime

import pytest
import redis
from django.db import transaction

from exchange.choices import LoadKind
from exchange.models import RegisterLoad, RegisterLoadLine
from exchange.services import goods_feed, loads, stock_feed
from exchange.services.cursors import ReloadRequired
from retail.choices import DocumentState
from retail.models import Catalogue
from stock.services import wakeups
from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory, SkuFactory
from tests.stock.conftest import supply

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

one_transaction = pytest.mark.django_db
many_transactions = pytest.mark.django_db(transaction=True)


def post(load):
    return loads.post(load=load, by=UserFactory(), now=NOW)


def sequences(register):
    return list(register.loads.order_by("sequence").values_list("sequence", flat=True))


# Drafts


@one_transaction
def test_a_draft_gets_the_next_number_and_its_registers():
    organization = OrganizationFactory()
    registers = RegisterFactory.create_batch(2)

    first = loads.draft(organization=organization, kind=LoadKind.FULL, date=NOW, registers=registers)
    second = loads.draft(organization=organization, kind=LoadKind.CHANGES, date=NOW, comment="Новые цены")

    assert [first.number, second.number] == ["000001", "000002"]
    assert {line.register for line in first.lines.all()} == set(registers)
    assert second.is_draft
    assert not second.lines.exists()


@one_transaction
def test_saving_a_draft_replaces_its_registers_and_keeps_its_number():
    left, kept, new = RegisterFactory.create_batch(3)
    load = loads.draft(organization=OrganizationFactory(), kind=LoadKind.FULL, date=NOW, registers=[left, kept])
    line = load.lines.get(register=kept)

    loads.save_draft(load=load, registers=[kept, new])

    assert load.number == "000001"
    assert {line.register for line in load.lines.all()} == {kept, new}
    assert load.lines.get(register=kept) == line


@one_transaction
def test_a_posted_load_is_neither_edited_nor_discarded_nor_posted_again():
    load = RegisterLoadFactory(registers=[RegisterFactory()])
    stale = RegisterLoad.objects.get(pk=load.pk)
    post(load)

    with pytest.raises(loads.LoadNotADraft):
        loads.save_draft(load=stale, registers=[])
    with pytest.raises(loads.LoadNotADraft):
        loads.discard(load=stale)
    with pytest.raises(loads.LoadAlreadyPosted):
        post(stale)
    assert load.lines.count() == 1


@one_transaction
def test_a_draft_can_be_discarded():
    load = RegisterLoadFactory(registers=[RegisterFactory()])

    loads.discard(load=load)

    assert not RegisterLoad.objects.exists()
    assert not RegisterLoadLine.objects.exists()


@one_transaction
def test_active_registers_are_found_by_shop_and_by_warehouse():
    in_shop, in_warehouse, elsewhere = RegisterFactory.create_batch(3)
    RegisterFactory(shop=in_shop.shop, active=False)

    found = loads.active_registers(shops=[in_shop.shop], warehouses=[in_warehouse.warehouse])

    assert set(found) == {in_shop, in_warehouse}
    assert elsewhere not in found


# Posting


@one_transaction
def test_posting_says_who_and_when_and_how_far_each_register_is_to_come():
    register = RegisterFactory()
    supply(register.warehouse, {SkuFactory(): 5, SkuFactory(): 7})
    load = RegisterLoadFactory(registers=[register])
    merchandiser = UserFactory()

    loads.post(load=load, by=merchandiser, now=NOW)

    load.refresh_from_db()
    line = load.lines.get()
    assert (load.state, load.posted_by, load.posted_at) == (DocumentState.POSTED, merchandiser, NOW)
    assert line.sequence == 1
    assert line.goods_revision == Catalogue.objects.get().revision
    assert line.stock_revision == 2


@one_transaction
def test_a_load_without_registers_is_not_posted():
    load = RegisterLoadFactory()

    with pytest.raises(loads.NoRegisters):
        post(load)
    assert load.is_draft


@one_transaction
def test_full_loads_of_a_register_are_numbered_and_loads_of_changes_are_not():
    register, other = RegisterFactory.create_batch(2)

    post(RegisterLoadFactory(registers=[register]))
    post(RegisterLoadFactory(registers=[register], changes=True))
    post(RegisterLoadFactory(registers=[register, other]))

    assert sequences(register) == [1, 2, None]
    assert sequences(other) == [1]


@one_transaction
def test_posting_costs_the_same_for_one_register_and_for_many(django_assert_num_queries):
    one = RegisterLoadFactory(registers=[RegisterFactory()])
    many = RegisterLoadFactory(registers=RegisterFactory.create_batch(12))
    by = UserFactory()

    for load in (one, many):
        with django_assert_num_queries(6):  # Savepoint, load, registers, lines, load, savepoint.
            loads.post(load=load, by=by, now=NOW)


@many_transactions
def test_posting_is_a_transaction_of_its_own():
    load = RegisterLoadFactory(registers=[RegisterFactory()])

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        post(load)


# What registers hear


@pytest.fixture
def reading(db):
    """A register that has read both feeds to their end, and its two cursors."""
    register = RegisterFactory()
    supply(register.warehouse, {SkuFactory(priced=True): 5})
    goods = goods_feed.read(register=register, cursor=None, now=NOW)
    stock = stock_feed.read(register=register, cursor=None)
    return register, goods.cursor, stock.cursor


def test_after_a_full_load_the_cursors_given_before_are_answered_with_reload(reading):
    register, goods_cursor, stock_cursor = reading

    post(RegisterLoadFactory(registers=[register]))

    with pytest.raises(ReloadRequired):
        goods_feed.read(register=register, cursor=goods_cursor, now=NOW)
    with pytest.raises(ReloadRequired):
        stock_feed.read(register=register, cursor=stock_cursor)
    anew = stock_feed.read(register=register, cursor=None)
    assert len(anew.changes) == 1
    assert stock_feed.read(register=register, cursor=anew.cursor).changes == []


def test_a_load_of_changes_leaves_the_cursors_alone(reading):
    register, goods_cursor, stock_cursor = reading

    post(RegisterLoadFactory(registers=[register], changes=True))

    assert goods_feed.read(register=register, cursor=goods_cursor, now=NOW).goods == []
    assert stock_feed.read(register=register, cursor=stock_cursor).changes == []


def test_a_full_load_of_another_register_leaves_the_cursors_alone(reading):
    register, _goods_cursor, stock_cursor = reading

    post(RegisterLoadFactory(registers=[RegisterFactory(warehouse=register.warehouse)]))

    assert stock_feed.read(register=register, cursor=stock_cursor).changes == []


# Waking


@pytest.fixture
def heard(settings, monkeypatch):
    """What loads say, as a function that waits for the next message; on a channel nobody else uses meanwhile."""
    monkeypatch.setattr(loads, "CHANNEL", f"test:{uuid.uuid4()}")
    monkeypatch.setattr(wakeups, "_quiet_until", 0.0)
    wakeups._line.close()
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(loads.CHANNEL)
        pubsub.get_message(timeout=1)

        def listen(timeout=2.0):
            message = pubsub.get_message(timeout=timeout)
            return message and json.loads(message["data"])

        yield listen
    wakeups._line.close()


@many_transactions
def test_each_register_of_a_full_load_is_woken_after_the_commit(heard):
    registers = RegisterFactory.create_batch(2)

    post(RegisterLoadFactory(registers=registers))

    assert [heard(), heard()] == [{"register": register.pk} for register in registers]


@many_transactions
def test_a_load_of_changes_and_a_refused_load_wake_nobody(heard):
    post(RegisterLoadFactory(registers=[RegisterFactory()], changes=True))
    with pytest.raises(loads.NoRegisters):
        post(RegisterLoadFactory())

    assert heard(0.2) is None
