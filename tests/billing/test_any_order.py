"""Whichever way operations come, and however often, the same stands on the card in the end."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import BillingOperation, DiscountCard, LedgerEntry, Lot
from tests.billing.carding import NOW, card, entries, lots, online, shown, told
from tests.factories.billing import BonusLifeRuleFactory, CardKindFactory
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db

# What happened to a card, in this order: uid, kind, bonuses, of.
HAPPENED = [
    ("a", "accrue", "100", ""),
    ("b", "accrue", "50", ""),
    ("x", "redeem", "120", ""),
    ("vx", "reverse", "20", "x"),
    ("vb", "reverse", "0", "b"),
    ("c", "accrue", "30", ""),
    ("va", "reverse", "0", "a"),
]
quick = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
WAYS = st.sampled_from([(online,), (told,), (online, told), (told, online), (told, told, online)])


def send(way, register, uid, kind, bonuses, of):
    at = NOW + timedelta(minutes=[one[0] for one in HAPPENED].index(uid))
    return way(register, uid, kind, bonuses, of=of, occurred_at=at)


def books():
    return (
        [lots(measure=measure) for measure in ("bonuses", "turnover")],
        entries(),
        list(DiscountCard.objects.values_list("bonuses", "version")),
        list(BillingOperation.objects.order_by("pk").values_list("uid", "state", "bonuses", "overdrawn")),
    )


class Undone(Exception):
    pass


def tried(arrivals):
    """What the books say after these arrivals on a card of its own; nothing of it stays."""
    try:
        with transaction.atomic():
            register = RegisterFactory()
            card(kind=CardKindFactory(bonus_rule=BonusLifeRuleFactory(lives="days", lives_for=30)))
            for way, happened in arrivals:
                send(way, register, *happened)
            found = books(), shown(register)["bonuses"]["available"], agreeing()
            raise Undone
    except Undone:
        return found


def agreeing():
    """Whether the card is the sum of its lots and of its entries."""
    [found] = DiscountCard.objects.all()
    remaining = sum(Lot.objects.filter(measure="bonuses", activated=True).values_list("remaining", flat=True))
    entered = sum(LedgerEntry.objects.filter(measure="bonuses").values_list("delta", flat=True))
    return found.bonuses == remaining == entered


@quick
@given(st.lists(WAYS, min_size=len(HAPPENED), max_size=len(HAPPENED)), st.randoms(use_true_random=False))
def test_ways_and_repeats_change_nothing(ways, random):
    plain = tried([(online, happened) for happened in HAPPENED])
    arrivals = []
    for way, happened in zip(ways, HAPPENED, strict=True):
        arrivals += [(one, happened) for one in way]
        again = random.choice(arrivals)
        arrivals.append((told, again[1]))

    assert tried(arrivals) == plain


@quick
@given(st.permutations(HAPPENED))
def test_off_line_in_any_order_leaves_the_same_on_the_card(order):
    _books, available, agree = tried([(told, happened) for happened in order])

    # 30 accrued and left; 120 − 20 redeemed against accruals that were taken back.
    assert (Decimal(available), agree) == (Decimal(30) - Decimal(100), True)
