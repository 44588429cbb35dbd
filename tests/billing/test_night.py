"""A night on discount cards: what begins, what ends, once for each date, and resumed after whatever stopped it."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing import tasks
from billing.choices import CardDocumentKind, ChunkState, NightState
from billing.models import CardDocument, DiscountCard, Lot, NightChunk, NightRun, WriteOffDocument
from billing.services import night
from billing.services.operations.refusals import DiscountCardsDisabled
from retail.choices import DocumentState
from retail.models import Constants
from tests.billing import nights
from tests.billing.carding import card, entries, lots, told
from tests.billing.nights import DAY, MIDNIGHT, RUN_AT, a_chain, differences, lot, run, written
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _two_lots_a_chunk(monkeypatch):
    monkeypatch.setattr(night, "CHUNK_LOTS", 2)


@pytest.mark.usefixtures("_two_lots_a_chunk")
def test_a_night_begins_and_ends_what_its_day_has_come_for():
    made = a_chain(cards=3)

    accrual, write_off = run()

    assert [one.state for one in (accrual, write_off)] == [NightState.DONE] * 2
    begun, ended = nights.document(accrual), nights.document(write_off)
    assert (begun.number, begun.state, begun.posted_at) == ("000001", DocumentState.POSTED, RUN_AT)
    assert (begun.cards, begun.lots, begun.bonuses, begun.receipts) == (3, 6, 60, 6)
    assert (ended.cards, ended.lots, ended.bonuses, ended.receipts) == (3, 3, 15, 0)
    assert list(DiscountCard.objects.order_by("pk").values_list("bonuses", "turnover", "receipts", "version")) == [
        (10, 100, 1, 4),
        (20, 100, 2, 4),
        (30, 100, 3, 4),
    ]
    assert night.lines(document=begun, after=made[0].pk, most=1) == [
        (made[1].pk, "bonuses", Decimal(20), 1),
        (made[1].pk, "receipts", Decimal(2), 1),
    ]
    assert differences() == []


@pytest.mark.usefixtures("_two_lots_a_chunk")
def test_a_night_run_again_writes_nothing_more():
    made = a_chain()
    run()
    before = written(made)

    run(now=RUN_AT + timedelta(hours=1))

    assert written(made) == before
    assert CardDocument.objects.count() == 2


def test_chunks_hold_whole_cards_until_there_are_enough_lots(monkeypatch):
    monkeypatch.setattr(night, "CHUNK_LOTS", 4)
    made = [card.pk for card in a_chain(cards=5)]

    run()

    planned = NightChunk.objects.filter(run__kind="accrual").order_by("place")
    assert list(planned.values_list("place", "first_card", "last_card", "lots")) == [
        (1, made[0], made[1], 4),
        (2, made[2], made[3], 4),
        (3, made[4], made[4], 2),
    ]


def test_a_night_with_nothing_to_write_makes_no_document():
    runs = run()

    assert [(one.state, one.document) for one in runs] == [(NightState.DONE, None)] * 2


def test_entries_of_one_card_follow_one_another():
    OrganizationFactory()
    one = card("1")
    lot(one, 5, begun=True)
    lot(one, 7, begins=MIDNIGHT)
    lot(one, 3, begins=MIDNIGHT - timedelta(days=1))

    run()

    assert entries("1") == [("accrued", 5, 5), ("begun", 3, 8), ("begun", 7, 15)]


def test_a_late_night_takes_up_the_days_that_were_missed():
    OrganizationFactory()
    one = card("1")
    lot(one, 10, begins=MIDNIGHT - timedelta(days=3))
    lot(one, 5, ends=MIDNIGHT - timedelta(days=2), begun=True)
    lot(one, 2, begins=MIDNIGHT - timedelta(days=3), ends=MIDNIGHT - timedelta(days=1))

    run()

    assert lots("1") == [(10, 10), (5, 0), (2, 0)]
    assert entries("1")[1:] == [("begun", 10, 15), ("begun", 2, 17), ("expired", -5, 12), ("expired", -2, 10)]
    assert differences() == []


def test_what_begins_and_ends_on_one_day_lives_through_it():
    OrganizationFactory()
    lot(card("1"), 10, begins=MIDNIGHT, ends=MIDNIGHT + timedelta(days=1))

    run()
    during = lots("1"), DiscountCard.objects.get().bonuses
    run(date=DAY + timedelta(days=1), now=RUN_AT + timedelta(days=1))

    assert during == ([(10, 10)], 10)
    assert lots("1") == [(10, 0)]
    assert [one.kind for one in NightRun.objects.exclude(document=None).order_by("pk")] == ["accrual", "write_off"]


@pytest.mark.parametrize(
    ("begins", "begun"),
    [("2026-11-20T23:59:59.999999+03:00", True), ("2026-11-21T00:00:00+03:00", False), ("2026-11-20T20:59:59Z", True)],
)
def test_the_day_of_a_beginning_is_that_of_the_chain(begins, begun):
    OrganizationFactory()
    lot(card("1"), 10, begins=datetime.fromisoformat(begins))

    run()

    assert Lot.objects.get().activated is begun


@pytest.mark.parametrize(
    ("now", "ends", "ended"),
    [
        (RUN_AT, RUN_AT, True),
        (RUN_AT, RUN_AT + timedelta(microseconds=1), False),
        (RUN_AT + timedelta(days=5), MIDNIGHT + timedelta(days=1), True),
        (RUN_AT + timedelta(days=5), MIDNIGHT + timedelta(days=1, microseconds=1), False),
    ],
)
def test_nothing_is_written_off_before_it_has_ended(now, ends, ended):
    OrganizationFactory()
    lot(card("1"), 10, ends=ends, begun=True)

    run(now=now)

    assert lots("1") == [(10, 0 if ended else 10)]


def test_what_begins_meets_what_the_card_owes():
    register = RegisterFactory()
    one = card()
    told(register, "r", "redeem", "30")
    lot(one, 50)

    run()

    assert lots() == [(-30, 0), (50, 20)]
    assert entries()[-3:] == [("begun", 50, 20), ("met", -30, -10), ("met", 30, 20)]
    assert nights.document(NightRun.objects.get(kind="accrual")).bonuses == 50
    assert differences() == []


@pytest.mark.usefixtures("_two_lots_a_chunk")
def test_a_preview_says_what_will_be_written_and_writes_nothing():
    made = a_chain(cards=3)
    lot(made[0], 4, begins=MIDNIGHT - timedelta(days=9), ends=MIDNIGHT - timedelta(days=1))

    said = night.preview(date=DAY, now=RUN_AT)

    assert NightRun.objects.count() == 0
    assert [one.bonuses for one in said] == [64, 19]
    done = [nights.document(one) for one in run()]
    assert said == [(one.kind, one.cards, one.lots, one.bonuses, one.turnover, one.receipts) for one in done]
    assert [one.lots for one in night.preview(date=DAY, now=RUN_AT)] == [0, 0]


@pytest.mark.parametrize("verb", [night.run, night.preview])
def test_a_date_that_has_not_come_is_refused(verb):
    with pytest.raises(night.DateHasNotCome):
        verb(date=DAY + timedelta(days=1), now=RUN_AT)


@pytest.mark.parametrize("verb", [night.run, night.preview])
def test_without_discount_cards_nothing_is_written(verb):
    Constants.objects.update(discount_cards=False)

    with pytest.raises(DiscountCardsDisabled):
        verb(date=DAY, now=RUN_AT)
    tasks.cards_night()

    assert NightRun.objects.count() == 0


def test_a_chain_without_an_organization_is_asked_for_one():
    lot(card("1"), 10)

    with pytest.raises(night.NoOrganization):
        run()

    assert NightRun.objects.count() == 0


def test_a_chunk_costs_as_many_statements_however_many_cards(monkeypatch):
    a_chain(cards=2)
    few = _statements()
    a_chain(cards=20)

    assert _statements(DAY + timedelta(days=1)) == few


def test_one_run_for_each_date_and_kind():
    NightRun.objects.create(date=DAY, kind=CardDocumentKind.ACCRUAL, until=RUN_AT, started_at=RUN_AT)

    with pytest.raises(IntegrityError, match="once_per_date_and_kind"), transaction.atomic():
        NightRun.objects.create(date=DAY, kind=CardDocumentKind.ACCRUAL, until=RUN_AT, started_at=RUN_AT)


@pytest.mark.parametrize(
    ("nonsense", "constraint"),
    [
        ({"kind": "correction"}, "accrues_or_writes_off"),
        ({"state": "done", "finished_at": None}, "says_when_it_was_done"),
    ],
)
def test_nonsense_of_a_run_is_refused_in_words(nonsense, constraint):
    a_chain(cards=1)
    run()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        NightRun.objects.filter(kind="accrual").update(**nonsense)


@pytest.mark.parametrize(
    ("nonsense", "constraint"),
    [
        ({"first_card": 9, "last_card": 8}, "goes_from_first_to_last"),
        ({"first_card": 8, "last_card": 9, "state": ChunkState.FAILED}, "fails_for_one_card"),
    ],
)
def test_nonsense_of_a_chunk_is_refused_in_words(nonsense, constraint):
    a_chain(cards=1)
    run()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        NightChunk.objects.update(**nonsense)


def test_a_document_of_the_night_is_never_deleted():
    a_chain(cards=1)
    run()

    refused = pytest.raises(IntegrityError, match="is never deleted")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM billing_carddocument")


def test_the_audit_names_a_document_that_is_not_its_entries():
    a_chain(cards=1)
    run()
    WriteOffDocument.objects.update(bonuses=6)

    assert [(one.row, one.field, one.stored) for one in differences()] == [("write_off 000001", "bonuses", "6.00")]


def _statements(day=DAY):
    with CaptureQueriesContext(connection) as asked:
        run(date=day, now=RUN_AT + (day - DAY))
    return len(asked)
