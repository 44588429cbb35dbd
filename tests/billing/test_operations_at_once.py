"""Registers at once on one card: real threads on PostgreSQL, and tests that would notice a missing lock."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection

from billing.models import BillingOperation, DiscountCard, LedgerEntry
from billing.services import operations
from billing.services.operations import refusals
from tests.billing.carding import CARD, available, card, lots, online, told
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = int(os.environ.get("PRILAVOK_ROUNDS", "5"))
OTHER = "2000000000022"


def at_once(*calls):
    """Let every call go at the same moment, on connections of their own; return what each returned or raised."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            barrier.wait()
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def refused(answers):
    return [answer for answer in answers if isinstance(answer, Exception)]


@contextmanager
def edited(function, words, others):
    """Put other words into a function of the database for a while."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [function])
        [source] = cursor.fetchone()
        assert words in source
        cursor.execute(source.replace(words, others))
        try:
            yield
        finally:
            cursor.execute(source)


def two_redemptions_of_eighty(register):
    card()
    online(register, "a", "accrue", "100")
    return at_once(
        lambda: online(register, "x", "redeem", "80"),
        lambda: online(register, "y", "redeem", "80"),
    )


def test_of_two_redemptions_of_eighty_on_a_hundred_one_is_refused():
    register = RegisterFactory()

    answers = two_redemptions_of_eighty(register)

    assert [type(error) for error in refused(answers)] == [refusals.NotEnoughBonuses]
    assert available(register) == 20
    assert lots() == [(100, 20)]


def test_the_test_would_notice_a_missing_lock(monkeypatch):
    register = RegisterFactory()
    monkeypatch.setattr(operations, "ATTEMPTS", 1)
    taking = "IF v_changes.lacks THEN"

    # Whoever has looked waits a moment, so that both have looked before either takes.
    slow = edited("billing_redeem", taking, f"PERFORM pg_sleep(0.1); {taking}")
    with slow, edited("billing_operate", "FOR NO KEY UPDATE OF c", ""):
        answers = two_redemptions_of_eighty(register)

    # A constraint alone stood in the way, without a word for the cashier.
    assert [type(error) for error in refused(answers)] == [refusals.CardsUnavailable]


def test_one_id_told_many_times_at_once_is_one_operation():
    register = RegisterFactory()
    card()
    card(OTHER)

    for number in range(ROUNDS):
        uid = f"u{number}"
        answers = at_once(
            lambda uid=uid: online(register, uid, "accrue", "10"),
            lambda uid=uid: told(register, uid, "accrue", "10"),
            lambda uid=uid: online(register, uid, "accrue", "10"),
        )
        assert refused(answers) == []
        assert sorted(answer.duplicate for answer in answers) == [False, True, True]

    assert available(register) == 10 * ROUNDS
    assert BillingOperation.objects.count() == LedgerEntry.objects.count() == ROUNDS


def test_one_id_on_two_cards_at_once_is_one_operation():
    register = RegisterFactory()
    card()
    card(OTHER)

    for number in range(ROUNDS):
        uid = f"u{number}"
        answers = at_once(
            lambda uid=uid: online(register, uid, "accrue", "10", card=CARD),
            lambda uid=uid: online(register, uid, "accrue", "10", card=OTHER),
        )
        assert [type(error) for error in refused(answers)] == [refusals.UidReused]

    assert sum(DiscountCard.objects.values_list("bonuses", flat=True)) == 10 * ROUNDS


def test_a_reversal_and_what_it_takes_back_at_once_leave_nothing():
    register = RegisterFactory()
    card()

    for number in range(ROUNDS):
        answers = at_once(
            lambda n=number: told(register, f"a{n}", "accrue", "10"),
            lambda n=number: told(register, f"v{n}", "reverse", of=f"a{n}"),
        )
        assert refused(answers) == []

    assert available(register) == 0
