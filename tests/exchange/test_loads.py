"""Register loads: who is told, who has to load anew, how far each has come."""

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.db import IntegrityError, OperationalError, connection, transaction

from exchange.choices import LoadKind, LoadProgress
from exchange.models import RegisterLoad, RegisterLoadLine
from exchange.services import goods_feed, loads, stock_feed
from exchange.services.cursors import ReloadRequired
from exchange.services.waiting import listening
from registers.models import Register, RegisterStatus
from retail.choices import DocumentState
from retail.models import Catalogue, Constants
from stock.models import WarehouseFeed
from stock.services import wakeups
from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterStatusFactory
from tests.factories.retail import OrganizationFactory, SkuFactory
from tests.stock.conftest import supply

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
A_MOMENT = 0.3

one_transaction = pytest.mark.django_db
many_transactions = pytest.mark.django_db(transaction=True)


def post(load):
    return loads.post(load=load, by=UserFactory(), now=NOW)


def sequences(register):
    return list(register.loads.order_by("sequence").values_list("sequence", flat=True))


def progress(load):
    return {line.register_id: (line.progress, line.percent) for line in load.lines.with_progress()}


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


# How far they have come


def standing(register, load, share):
    """Note that a register has acknowledged a share of what a load asks, and was sent as much."""
    line = load.lines.get(register=register)
    goods, stock = int(line.goods_revision * share), int((line.stock_revision or 0) * share)
    RegisterStatus.objects.update_or_create(
        register=register,
        defaults={
            "load": line.sequence or 0,
            "goods_sent": goods,
            "goods_acknowledged": goods,
            "stock_sent": stock,
            "stock_acknowledged": stock,
        },
    )


@pytest.fixture
def loaded(db):
    """A posted full load of a register, whose feeds hold ten changes each."""
    register = RegisterFactory()
    supply(register.warehouse, {SkuFactory(): 1 for _sku in range(10)})
    return post(RegisterLoadFactory(registers=[register])), register


def test_a_register_that_was_never_heard_is_waited_for(loaded):
    load, register = loaded

    assert progress(load) == {register.pk: (LoadProgress.WAITING, 0)}


def test_a_draft_has_made_no_progress(db):
    register = RegisterStatusFactory(load=3, goods_acknowledged=100).register

    load = RegisterLoadFactory(registers=[register])

    assert progress(load) == {register.pk: (LoadProgress.WAITING, 0)}


def test_progress_is_what_the_register_acknowledged_of_both_feeds(loaded):
    load, register = loaded

    standing(register, load, 0.5)
    half = progress(load)
    standing(register, load, 1)
    whole = progress(load)

    assert half == {register.pk: (LoadProgress.LOADING, 50)}
    assert whole == {register.pk: (LoadProgress.ACKNOWLEDGED, 100)}


def test_what_was_sent_and_not_yet_acknowledged_is_sent(loaded):
    load, register = loaded
    standing(register, load, 1)

    RegisterStatus.objects.update(stock_acknowledged=0)

    ((state, percent),) = progress(load).values()
    assert state == LoadProgress.SENT
    assert 0 < percent < 100


def test_what_a_register_took_of_an_earlier_load_counts_nothing(loaded):
    earlier, register = loaded
    standing(register, earlier, 1)

    load = post(RegisterLoadFactory(registers=[register]))

    assert progress(load) == {register.pk: (LoadProgress.WAITING, 0)}


@many_transactions
def test_a_register_that_has_begun_a_full_load_with_stock_has_not_loaded_its_goods():
    register = RegisterFactory()
    supply(register.warehouse, {SkuFactory(): 1 for _sku in range(10)})
    standing(register, post(RegisterLoadFactory(registers=[register])), 1)

    load = post(RegisterLoadFactory(registers=[register]))
    RegisterStatus.objects.update(load=2, stock_sent=10, stock_acknowledged=10)

    ((state, percent),) = progress(load).values()
    assert state == LoadProgress.LOADING
    assert percent == 50


def test_a_load_of_changes_counts_what_the_register_had_taken_before(loaded):
    earlier, register = loaded
    standing(register, earlier, 1)

    load = post(RegisterLoadFactory(registers=[register], changes=True))

    assert progress(load) == {register.pk: (LoadProgress.ACKNOWLEDGED, 100)}


def test_where_stock_is_not_synchronized_goods_alone_are_asked(db):
    Constants.objects.update(sync_stock=False)
    register = RegisterFactory()
    supply(register.warehouse, {SkuFactory(): 1})
    load = post(RegisterLoadFactory(registers=[register]))

    standing(register, load, 1)

    assert load.lines.get().stock_revision is None
    assert progress(load) == {register.pk: (LoadProgress.ACKNOWLEDGED, 100)}


def test_loads_count_their_registers_and_those_that_are_done(loaded):
    load, register = loaded
    standing(register, load, 1)
    RegisterLoadFactory(registers=RegisterFactory.create_batch(3))
    RegisterLoadFactory()

    counted = RegisterLoad.objects.with_counts().order_by("pk")

    assert [(load.registers, load.acknowledged) for load in counted] == [(1, 1), (3, 0), (0, 0)]


# Waking


@pytest.fixture
def heard(settings, monkeypatch):
    """What loads say, as a function that waits for the next message; on a channel nobody else uses meanwhile."""
    monkeypatch.setattr(loads, "CHANNEL", f"test:{uuid.uuid4()}")
    monkeypatch.setattr(wakeups, "_quiet_until", 0.0)
    wakeups._client.cache_clear()
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(loads.CHANNEL)
        pubsub.get_message(timeout=1)

        def listen(timeout=2.0):
            message = pubsub.get_message(timeout=timeout)
            return message and json.loads(message["data"])

        yield listen
    wakeups._client.cache_clear()


def test_the_long_poll_listens_where_loads_speak():
    assert loads.CHANNEL == listening.LOADS


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


# At once


def at_once(*calls):
    """Run every call in a thread of its own, all let go at the same moment; return what each returned or raised."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait()
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def slow_writer(monkeypatch):
    """Let every posting sleep between writing its lines and its commit."""
    stamp = loads._stamp

    def stamp_and_sleep(load, *, is_full):
        stamp(load, is_full=is_full)
        time.sleep(A_MOMENT)

    monkeypatch.setattr(loads, "_stamp", stamp_and_sleep)


def post_all_at_once(posted):
    by = UserFactory()
    return at_once(*[lambda load=load: loads.post(load=load, by=by, now=NOW) for load in posted])


@many_transactions
def test_two_loads_posted_at_once_number_themselves_one_after_another(slow_writer):
    registers = RegisterFactory.create_batch(3)
    posted = [RegisterLoadFactory(registers=registers), RegisterLoadFactory(registers=registers[::-1])]

    answers = post_all_at_once(posted)

    assert answers == posted
    assert [sequences(register) for register in registers] == [[1, 2]] * 3


@many_transactions
def test_that_test_would_see_a_lost_lock(slow_writer, monkeypatch):
    registers = RegisterFactory.create_batch(3)
    posted = [RegisterLoadFactory(registers=registers), RegisterLoadFactory(registers=registers[::-1])]
    monkeypatch.setattr(loads, "_lock_registers", lambda load: [register.pk for register in registers])

    answers = post_all_at_once(posted)

    assert sum(isinstance(answer, IntegrityError) for answer in answers) == 1


@many_transactions
def test_many_loads_of_crossed_registers_at_once_do_not_deadlock():
    registers = RegisterFactory.create_batch(6)
    for register in registers:
        RegisterStatusFactory(register=register, last_seen=NOW - timedelta(minutes=1))
    posted = [RegisterLoadFactory(registers=registers[place:] + registers[:place]) for place in range(6)]

    answers = post_all_at_once(posted)

    assert sorted(answer.pk for answer in answers) == [load.pk for load in posted]
    assert [sequences(register) for register in registers] == [[1, 2, 3, 4, 5, 6]] * 6


@many_transactions
def test_that_test_would_see_locks_taken_in_any_order(monkeypatch):
    registers = RegisterFactory.create_batch(2)
    posted = [RegisterLoadFactory(registers=registers), RegisterLoadFactory(registers=registers[::-1])]

    def lock_in_the_order_of_lines(load):
        locked = []
        for line in load.lines.order_by("pk"):
            locked.append(Register.objects.select_for_update().get(pk=line.register_id).pk)
            time.sleep(A_MOMENT)
        return locked

    monkeypatch.setattr(loads, "_lock_registers", lock_in_the_order_of_lines)

    answers = post_all_at_once(posted)

    assert sum(isinstance(answer, OperationalError) for answer in answers) == 1


@many_transactions
def test_one_load_posted_by_many_at_once_is_posted_once(slow_writer):
    load = RegisterLoadFactory(registers=[RegisterFactory()])

    answers = post_all_at_once([RegisterLoad.objects.get(pk=load.pk) for _person in range(4)])

    assert sum(isinstance(answer, loads.LoadAlreadyPosted) for answer in answers) == 3
    assert load.lines.get().sequence == 1
    assert WarehouseFeed.objects.get().revision == 0
