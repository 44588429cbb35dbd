"""A night while others work: two workers at one run, registers at its cards. Real threads on PostgreSQL."""

import threading

import pytest

from billing.choices import NightState
from billing.models import DiscountCard, NightChunk, NightRun
from billing.services import night
from billing.services.night import chunks
from tests.billing.carding import available, card, online, told
from tests.billing.nights import DAY, RUN_AT, a_chain, differences, document, lot, poisoned, run
from tests.billing.test_operations_at_once import at_once, edited, refused
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db(transaction=True)
SLOWLY = "PERFORM pg_sleep(0.02); v_begins := v_chunk.begins;"


@pytest.fixture
def _two_lots_a_chunk(monkeypatch):
    monkeypatch.setattr(night, "CHUNK_LOTS", 2)


@pytest.fixture
def did(monkeypatch):
    """The chunks that were done, in their order."""
    real, seen = chunks.CHUNK.rows, []

    def rows(**params):
        seen.append(params["chunk"])
        return real(**params)

    monkeypatch.setattr(chunks.CHUNK, "rows", rows)
    return seen


@pytest.mark.usefixtures("_two_lots_a_chunk")
def test_two_nights_at_once_are_one(did):
    a_chain(cards=5)

    with edited("billing_night_chunk", "v_begins := v_chunk.begins;", SLOWLY):
        answers = at_once(run, run)

    assert refused(answers) == []
    assert [[one.state for one in runs] for runs in answers] == [[NightState.DONE] * 2] * 2
    assert [(document(one).cards, document(one).lots) for one in NightRun.objects.order_by("pk")] == [(5, 10), (5, 5)]
    assert len(did) == len(set(did)) == NightChunk.objects.count()
    assert differences() == []


@pytest.mark.usefixtures("_two_lots_a_chunk")
def test_two_nights_at_once_share_the_chunks(did):
    """The test of the test above: were chunks claimed without a lock, both would do the same."""
    a_chain(cards=4)

    with (
        pytest.MonkeyPatch.context() as patch,
        edited("billing_night_chunk", "v_begins := v_chunk.begins;", SLOWLY),
    ):
        patch.setattr(chunks.CLAIM, "sql", chunks.CLAIM.sql.replace("FOR NO KEY UPDATE SKIP LOCKED", ""))
        at_once(run, run)

    assert len(did) > len(set(did))


@pytest.mark.usefixtures("_two_lots_a_chunk")
def test_the_hands_of_one_night_share_its_chunks(monkeypatch):
    a_chain(cards=5)
    claimed_by, real = [], chunks.CHUNK.rows

    def rows(**params):
        claimed_by.append(threading.get_ident())
        return real(**params)

    monkeypatch.setattr(chunks.CHUNK, "rows", rows)
    with edited("billing_night_chunk", "v_begins := v_chunk.begins;", SLOWLY):
        runs = night.run(date=DAY, now=RUN_AT, hands=2)

    assert [one.state for one in runs] == [NightState.DONE] * 2
    assert len(claimed_by) == NightChunk.objects.count()
    assert len(set(claimed_by)) > 1
    assert differences() == []


@pytest.mark.usefixtures("_two_lots_a_chunk")
def test_two_nights_at_once_set_one_card_apart_once():
    made = a_chain(cards=4)

    with poisoned(made[1]):
        answers = at_once(run, run)

    assert refused(answers) == []
    accrual = NightRun.objects.get(kind="accrual")
    assert [failed for failed, _ in night.failures(run=accrual)] == [made[1].pk]
    assert (accrual.failed, document(accrual).cards) == (1, 3)


def test_registers_redeem_while_the_night_goes_on():
    register = RegisterFactory()
    one = card()
    other = card("2")
    for each in (one, other):
        lot(each, 50, begun=True)
        lot(each, 50)

    with edited("billing_night_chunk", "v_begins := v_chunk.begins;", SLOWLY):
        answers = at_once(
            run,
            lambda: [told(register, f"r{n}", "redeem", "10", now=RUN_AT, occurred_at=RUN_AT) for n in range(5)],
            lambda: [
                online(register, f"o{n}", "redeem", "10", card="2", now=RUN_AT, occurred_at=RUN_AT) for n in range(5)
            ],
        )

    assert refused(answers) == []
    assert available(register) == available(register, number="2") == 50
    assert differences() == []


def test_a_chunk_looks_anew_once_it_has_its_cards():
    register = RegisterFactory()
    lot(card(), 50, begun=True, ends=RUN_AT)
    redeem = "v_until := v_chunk.until;"

    # The register is before the night at the card: what it takes is not written off as well.
    with edited("billing_night_chunk", redeem, f"{redeem} PERFORM pg_sleep(0.05);"):
        answers = at_once(
            lambda: night.run(date=DAY, now=RUN_AT),
            lambda: told(register, "r", "redeem", "20", now=RUN_AT, occurred_at=RUN_AT.replace(minute=5)),
        )

    assert refused(answers) == []
    assert DiscountCard.objects.get().bonuses == 0
    assert document(NightRun.objects.get(kind="write_off")).bonuses == 30
    assert differences() == []
