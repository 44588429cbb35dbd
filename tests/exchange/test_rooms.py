"""Waiters of one warehouse: one reading tells everyone, and no order of events lets a change pass unheard."""

import asyncio
import random

import pytest

from exchange.services.waiting import rooms
from exchange.services.waiting.reading import Standing
from exchange.services.waiting.rooms import Waiter
from tests.exchange.imagined_feed import EPOCH, ImaginedFeed, settle, story


@story
async def test_a_thousand_waiters_and_many_changes_at_once_are_one_reading(feed):
    waiters = [feed.enter() for _ in range(1000)]
    await settle()
    feed.readings.clear()

    for _ in range(10):
        feed.sell()
        feed.room.wake()
    await settle()

    assert len(feed.readings) == 1
    assert {feed.heard(waiter) for waiter in waiters} == {10}


@story
async def test_who_stands_at_the_same_place_gets_the_same_bytes(feed):
    waiters = [feed.enter() for _ in range(10)]
    await settle()

    feed.sell()
    feed.room.wake()
    await settle()

    assert len({id(feed.told[waiter].body) for waiter in waiters}) == 1


@story
async def test_each_load_has_a_cursor_of_its_own(feed):
    first, second = feed.enter(load=1), feed.enter(load=2)
    await settle()

    feed.sell()
    feed.room.wake()
    await settle()

    assert [feed.told[one].cursor.load for one in (first, second)] == [1, 2]


@story
async def test_a_known_room_reads_nothing_for_who_comes_back_up_to_date(feed):
    feed.enter()
    await settle()
    feed.readings.clear()

    waiters = [feed.enter() for _ in range(10)]
    await settle()

    assert feed.readings == []
    assert not feed.told.keys() & set(waiters)


@story
async def test_who_comes_while_a_change_commits_during_a_reading_hears_it(feed):
    """The reading began before the commit, and its waiter came after the reading began."""
    feed.enter()
    await settle()
    feed.open.clear()
    feed.room.wake()
    await settle()
    feed.sell()
    late = feed.enter(0)
    feed.room.wake()
    await settle()

    feed.open.set()
    await settle()

    assert feed.heard(late) == 1


@story
async def test_who_knows_more_than_the_reading_it_came_into_is_not_sent_to_reload(feed):
    feed.enter()
    await settle()
    feed.open.clear()
    feed.room.wake()
    await settle()
    feed.sell()
    ahead = feed.enter(1)

    feed.open.set()
    await settle()

    assert ahead not in feed.told
    assert ahead.checked == 1


@story
async def test_who_is_ahead_of_the_feed_itself_is_sent_to_reload(feed):
    ahead = feed.enter(7)
    await settle()

    assert feed.told[ahead].code == "reload_required"


@story
async def test_who_is_behind_what_is_being_read_is_told_too(feed):
    feed.sell()
    feed.sell()
    feed.enter(2)
    await settle()
    feed.open.clear()
    feed.room.wake()
    await settle()
    behind = feed.enter(0)

    feed.open.set()
    await settle()

    assert feed.heard(behind) == 2


@story
async def test_a_wake_up_of_an_empty_room_is_remembered(feed):
    waiter = feed.enter()
    await settle()
    feed.room.leave(waiter)
    feed.sell()
    feed.room.wake()

    back = feed.enter(0)
    await settle()

    assert feed.heard(back) == 1


@story
async def test_a_wake_up_that_was_never_sent_is_found_by_looking(feed):
    waiter = feed.enter()
    await settle()
    feed.sell()

    feed.room.compare(Standing(1, feed.revision, EPOCH))
    await settle()

    assert feed.heard(waiter) == 1


@story
async def test_who_is_not_told_of_invoices_waits_on_and_is_not_read_for_again(feed):
    waiter = feed.enter(told_of_invoices=False)
    await settle()
    feed.invoice()
    feed.room.wake()
    await settle()
    feed.room.leave(waiter)
    feed.readings.clear()

    again = feed.enter(0, told_of_invoices=False)
    await settle()

    assert (again in feed.told, feed.readings) == (False, [])


@story
async def test_a_sale_behind_many_invoices_is_found_packet_by_packet(feed):
    feed.packet_size = 2
    waiter = feed.enter(told_of_invoices=False)
    await settle()
    for _ in range(9):
        feed.invoice()
    feed.sell()

    feed.room.wake()
    await settle()

    assert feed.heard(waiter) == 10


@story
async def test_a_sale_behind_a_packet_that_was_not_read_to_its_end_is_not_missed(feed):
    feed.packet_size = 1
    feed.enter()
    await settle()
    feed.invoice()
    feed.invoice()
    feed.sell()
    feed.room.wake()
    await settle()

    behind = feed.enter(0, told_of_invoices=False)
    await settle()

    assert feed.heard(behind) == 3


@story
async def test_a_sale_is_not_missed_by_who_brought_the_room_further(feed):
    """The room learned of revision 3 from a register that had it already; what lies before was never read."""
    feed.enter()
    await settle()
    feed.sell()
    feed.sell()
    feed.invoice()
    for waiter in list(feed.room.waiters):
        feed.room.leave(waiter)
    feed.enter(3)
    await settle()

    behind = feed.enter(1, told_of_invoices=False)
    await settle()

    assert feed.heard(behind) == 3


@story
async def test_stock_no_longer_synchronized_ends_every_wait_at_the_next_reading(feed):
    waiters = [feed.enter() for _ in range(3)]
    await settle()
    feed.sync_stock = False

    feed.room.wake()
    await settle()

    assert [feed.told[waiter].code for waiter in waiters] == ["stock_sync_disabled"] * 3


@story
async def test_a_room_that_closes_reads_no_more(feed):
    feed.enter()
    feed.room.close()
    await settle()

    assert feed.readings == []


@story
async def test_a_database_that_is_away_refuses_newcomers_and_keeps_who_waits(feed):
    held = feed.enter()
    await settle()
    feed.broken = True
    feed.sell()
    feed.room.wake()
    newcomer = feed.enter(1)
    await settle()
    feed.broken = False
    await asyncio.sleep(0.03)

    assert feed.told[newcomer].code == "busy"
    assert feed.heard(held) == 1


def is_due(feed, position, told_of_invoices):
    return any(revision > position and (told_of_invoices or sale > position) for revision, sale in feed.changes)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_order_everyone_hears_everything(seed, monkeypatch):
    """Sales, invoices, wake-ups, arrivals and slow readings in any order: in the end nobody waits in ignorance."""
    chance = random.Random(seed)

    async def run():
        monkeypatch.setattr(rooms, "PACE", 0.001)
        monkeypatch.setattr(rooms, "COALESCE", 0.0)
        feed = ImaginedFeed()
        feed.packet_size = chance.choice([0, 1, 3])
        places: dict[Waiter, tuple[int, bool]] = {}
        for _ in range(300):
            step = chance.random()
            if step < 0.3:
                (feed.sell if chance.random() < 0.5 else feed.invoice)()
                feed.room.wake()
            elif step < 0.7:
                position, told_of_invoices = chance.randint(0, feed.revision), chance.random() < 0.5
                places[feed.enter(position, told_of_invoices=told_of_invoices)] = position, told_of_invoices
            elif step < 0.85:
                feed.open.set() if chance.random() < 0.7 else feed.open.clear()
            else:
                await asyncio.sleep(chance.choice([0, 0, 0.001]))
        feed.open.set()
        due = {waiter for waiter, place in places.items() if is_due(feed, *place)}
        async with asyncio.timeout(5):
            while due - feed.told.keys():
                await asyncio.sleep(0.001)
        await settle()
        assert due == feed.told.keys()
        feed.room.close()

    asyncio.run(run())
