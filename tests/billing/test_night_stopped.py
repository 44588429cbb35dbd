"""A night that something stops: killed anywhere, failing for a while, failing for one card. The rest is done."""

from datetime import timedelta

import pytest

from billing.choices import NightState
from billing.models import Lot
from billing.services import night
from billing.services.night import chunks
from retail.choices import DocumentState
from tests.billing import nights
from tests.billing.nights import DAY, RUN_AT, a_chain, differences, fail_first, poisoned, run, written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _two_lots_a_chunk(monkeypatch):
    monkeypatch.setattr(night, "CHUNK_LOTS", 2)


@pytest.mark.usefixtures("_two_lots_a_chunk")
@pytest.mark.parametrize("killed_at", range(1, 9))
def test_a_night_that_was_killed_and_started_again_equals_a_clean_one(monkeypatch, killed_at):
    one, other = DAY, DAY + timedelta(days=1)
    made = a_chain(cards=5)
    run(date=one)
    clean = written(made, date=one)
    made = a_chain(cards=5)
    _kill_at(monkeypatch, killed_at)

    with pytest.raises(KeyboardInterrupt):
        run(date=other, now=RUN_AT + timedelta(days=1))
    run(date=other, now=RUN_AT + timedelta(days=1))

    assert written(made, date=other) == clean
    assert differences() == []


def test_a_night_killed_before_its_document_was_posted_posts_it_later(monkeypatch):
    a_chain(cards=1)
    with monkeypatch.context() as patch:
        patch.setattr(chunks.numbering, "next_number", _killed)
        with pytest.raises(KeyboardInterrupt):
            run()

    accrual, write_off = run()

    assert [nights.document(one).state for one in (accrual, write_off)] == [DocumentState.POSTED] * 2
    assert (nights.document(accrual).number, nights.document(accrual).lots) == ("000001", 2)


def test_what_passes_is_tried_again(monkeypatch):
    a_chain(cards=1)
    fail_first(monkeypatch, 2)

    runs = run()

    assert [one.state for one in runs] == [NightState.DONE] * 2


def test_a_night_that_the_database_stops_goes_on_later(monkeypatch):
    a_chain(cards=1)
    fail_first(monkeypatch, chunks.ATTEMPTS)

    [stopped] = run()
    runs = run()

    assert stopped.state == NightState.RUNNING
    assert [one.state for one in runs] == [NightState.DONE] * 2


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_card_that_cannot_be_done_is_named_and_the_others_are(place):
    made = a_chain(cards=5)

    with poisoned(made[place]):
        accrual, write_off = run()

    [(failed, reason)] = night.failures(run=accrual)
    assert failed == made[place].pk
    assert "integer out of range" in reason
    assert (accrual.state, accrual.failed, write_off.failed) == (NightState.DONE, 1, 0)
    assert nights.document(accrual).cards == 4
    assert set(Lot.objects.filter(activated=False).values_list("card_id", flat=True)) == {failed}
    assert differences() == []


def test_the_next_night_takes_what_one_could_not():
    made = a_chain(cards=2)
    with poisoned(made[0]):
        run()

    accrual, _ = run(date=DAY + timedelta(days=1), now=RUN_AT + timedelta(days=1))

    assert nights.document(accrual).cards == 1
    assert not Lot.objects.filter(activated=False).exists()


def _kill_at(monkeypatch, number):
    """Kill the run once, after its n-th chunk has been written and before it is committed."""
    real, seen = chunks.CHUNK.rows, []

    def rows(**params):
        done = real(**params)
        seen.append(params)
        if len(seen) == number:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(chunks.CHUNK, "rows", rows)


def _killed(**_):
    raise KeyboardInterrupt
