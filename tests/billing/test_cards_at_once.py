"""A card is replaced while a register takes from it: real threads on PostgreSQL, and a test of the lock."""

import threading
import time

import pytest
from django.db import transaction

from billing.choices import NumberKind
from billing.models import DiscountCard
from billing.services import cards
from billing.services.audits import CHECKS
from tests.billing import carding
from tests.billing.carding import NOW, available, online, told
from tests.billing.test_operations_at_once import at_once, refused
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db(transaction=True)
HELD = 0.2  # seconds that the first one keeps what it has locked


def replace():
    return cards.replace(
        card=DiscountCard.objects.get(replaced_by=None), number="3000", read_as=NumberKind.BARCODE, now=NOW
    )


def one_after_another(first, second):
    """Let the second begin while the first has done what it does and not committed it yet."""
    done = threading.Event()

    def leading():
        with transaction.atomic():
            first()
            done.set()
            time.sleep(HELD)

    def following():
        done.wait()
        return second()

    return at_once(leading, following)


def faults():
    return {name: rows for name, check in CHECKS.items() if (rows := check.rows())}


@pytest.fixture
def register(db):
    register = RegisterFactory()
    carding.card()
    told(register, "a", "accrue", "100")
    return register


def test_what_a_register_takes_just_before_a_replacement_is_taken(register):
    answers = one_after_another(lambda: online(register, "b", "redeem", "80"), replace)

    assert refused(answers) == []
    assert (available(register), faults()) == (20, {})


def test_what_a_register_takes_during_a_replacement_is_taken_from_the_new_card(register):
    answers = one_after_another(replace, lambda: online(register, "b", "redeem", "80"))

    assert refused(answers) == []
    assert (available(register, number="3000"), faults()) == (20, {})


def test_the_test_would_notice_a_missing_lock(register, monkeypatch):
    monkeypatch.setattr(cards, "_lock", lambda pks: DiscountCard.objects.in_bulk(list(pks)))

    answers = one_after_another(lambda: online(register, "b", "redeem", "80"), replace)

    assert refused(answers) or faults()


def test_of_two_replacements_at_once_one_is_refused(register):
    answers = one_after_another(replace, lambda: cards.replace(
        card=DiscountCard.objects.get(numbers__value=carding.CARD), number="3001", read_as=NumberKind.BARCODE, now=NOW
    ))  # fmt: skip

    assert [type(error) for error in refused(answers)] == [cards.NotNow]
    assert (DiscountCard.objects.count(), faults()) == (2, {})
