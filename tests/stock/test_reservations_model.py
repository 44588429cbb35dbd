"""A machine of random holds against a small model: whatever cashiers, sweeps and sales do, in whatever order.

`PRILAVOK_ROUNDS` sets how many stories it tells: an eighth of it.
"""

import os
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stock.models import Balance, Reservation, WarehouseFeed
from stock.services import intake, reservations
from tests.messages import entries, sale
from tests.messages import lines as sold_lines
from tests.stock.holding import NOW, amiss, asking, stocked

EXAMPLES = int(os.environ.get("PRILAVOK_ROUNDS", "100")) // 8
SHELF = 6  # pieces of each SKU at the beginning
SKUS = 2
registers = st.integers(0, 1)
uids = st.sampled_from(["r1", "r2"])
line_numbers = st.integers(1, 3)
goods = st.tuples(st.integers(0, SKUS - 1), st.integers(0, 4))
carts = st.dictionaries(line_numbers, goods, min_size=1, max_size=3)


class Model:
    """What stock control should do, said in a few lines."""

    def __init__(self):
        self.sold = [0] * SKUS
        self.held = {}  # (register, uid) → {line: (sku, quantity)}, of open holds
        self.states = {}
        self.due = set()
        self.closed = set()

    def reserved(self, sku):
        return sum(quantity for cart in self.held.values() for held, quantity in cart.values() if held == sku)

    def place(self, key, cart, *, whole):
        if key in self.closed:
            return "receipt_closed"
        before = self.held.get(key, {})
        kept = {} if whole else {line: held for line, held in before.items() if line not in cart}
        after = kept | {line: held for line, held in cart.items() if held[1]}
        if self._lacks(before, after):
            self._sweep_for(key, before, after)
        self.due.discard(key)
        if self._lacks(before, after):
            return "not_enough"
        self.held[key], self.states[key] = after, "open"
        return "granted"

    def _lacks(self, before, after):
        """Which SKUs it takes more of than there is."""
        more = [_sum(after, sku) - _sum(before, sku) for sku in range(SKUS)]
        return {sku for sku in range(SKUS) if more[sku] > 0 and more[sku] > SHELF - self.sold[sku] - self.reserved(sku)}

    def _sweep_for(self, key, before, after):
        lacking = self._lacks(before, after)
        for other in sorted(self.due - {key}):
            if any(sku in lacking for sku, _quantity in self.held[other].values()):
                self.end(other, "expired")

    def end(self, key, state):
        if key in self.held:
            del self.held[key]
            self.states[key] = state
            self.due.discard(key)

    def come(self, key, kind, cart):
        if key in self.closed:
            return
        self.closed.add(key)
        self.end(key, "committed" if kind == "sale" else "released")
        for sku, quantity in cart.values():
            self.sold[sku] += {"sale": quantity, "return": -quantity}.get(kind, 0)


def _sum(cart, sku):
    return sum(quantity for held, quantity in cart.values() if held == sku)


class Holds(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        first = asking()
        self.registers = [first, asking(warehouse=first.warehouse)]
        self.skus = [stocked(first, SHELF) for _ in range(SKUS)]
        self.model = Model()
        self.number = 0
        self.revision = WarehouseFeed.objects.get(warehouse=first.warehouse).revision

    def teardown(self):
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @rule(register=registers, uid=uids, cart=carts, whole=st.booleans())
    def place(self, register, uid, cart, whole):
        wanted = [
            reservations.Wanted(line, Decimal(quantity), sku=self.skus[sku].code)
            for line, (sku, quantity) in cart.items()
        ]
        try:
            reservations.place(register=self.registers[register], receipt_uid=uid, lines=wanted, whole=whole)
            answer = "granted"
        except (reservations.Refused, reservations.ReceiptClosed) as refusal:
            answer = refusal.code

        assert answer == self.model.place((register, uid), cart, whole=whole)

    @rule(register=registers, uid=uids)
    def release(self, register, uid):
        reservations.release(register=self.registers[register], receipt_uid=uid)
        self.model.end((register, uid), "released")

    @rule(register=registers, uid=uids, line=line_numbers)
    def release_line(self, register, uid, line):
        reservations.release(register=self.registers[register], receipt_uid=uid, line=line)
        self.model.held.get((register, uid), {}).pop(line, None)

    @rule(register=registers, uid=uids)
    def run_out(self, register, uid):
        ran_out = timezone.now() - timedelta(seconds=1)
        holds = Reservation.objects.open().filter(register=self.registers[register], receipt_uid=uid)
        if holds.update(expires_at=ran_out):
            self.model.due.add((register, uid))

    @rule()
    def sweep(self):
        reservations.sweep()
        for key in set(self.model.due):
            self.model.end(key, "expired")

    @rule(register=registers, uid=uids, kind=st.sampled_from(["sale", "sale", "cancelled", "return"]), cart=carts)
    def come(self, register, uid, kind, cart):
        self.number += 1
        cart = {line: (sku, quantity + 1) for line, (sku, quantity) in cart.items()}
        named = sold_lines(*((self.skus[sku].code, f"{quantity}.000") for sku, quantity in cart.values()))
        told = sale(self.number, *named, kind=kind, receipt={"uid": uid})
        intake.take_in(register=self.registers[register], entries=entries(told), protocol="kkmtransfer", now=NOW)
        self.model.come((register, uid), kind, cart)

    @invariant()
    def it_is_as_the_model_says(self):
        for place, sku in enumerate(self.skus):
            row = Balance.objects.get(sku=sku)
            assert (row.sold, row.reserved) == (self.model.sold[place], self.model.reserved(place))
        states = {
            (self.registers.index(hold.register), hold.receipt_uid): hold.state
            for hold in Reservation.objects.select_related("register")
        }
        assert states == self.model.states
        assert amiss() == []

    @invariant()
    def registers_hear_of_every_change_once(self):
        revisions = list(Balance.objects.values_list("revision", flat=True))
        feed = WarehouseFeed.objects.get(warehouse=self.registers[0].warehouse).revision
        assert len(set(revisions)) == len(revisions)
        assert max(revisions) <= feed
        assert feed >= self.revision
        self.revision = feed


class TestHolds(TestCase, Holds.TestCase):  # type: ignore[valid-type, misc]
    settings = settings(  # type: ignore[assignment]
        max_examples=EXAMPLES, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
