"""Telling goods to a till by a dialect: where it stands, what is new for it, and that it has got what it was told.

What is told of a rule for the first time is everything, and so is what follows an order of a full load. The position
that something was told of is pending until the till is known to have loaded it: then, and not before, it stands there.

The row of the device's state is locked meanwhile, and whoever finds it locked leaves it to the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

import msgspec
from django.utils.translation import ngettext

from exchange.models import DeviceState, Equipment
from exchange.services.equipment_service import sessions, transfers
from exchange.services.equipment_service.sessions import Told
from exchange.services.rules import goods, groups, positions
from exchange.services.rules.goods import Goods
from exchange.services.rules.groups import Group
from exchange.services.rules.positions import Position


class News:
    """What a till is to be told: all of it where it is `full`. `count` is of the goods that have been gone through.

    Once it has loaded this, it stands at `position` and has obeyed the order of a full load `load`.
    """

    def __init__(self, tree: Sequence[Group], rows: Iterable[Goods], *, full: bool, current: Position, load: int):
        self.groups, self.full, self.count = tree, full, 0
        self.position, self.load = msgspec.to_builtins(current), load
        self._rows = rows

    def goods(self) -> Iterator[Goods]:
        for row in self._rows:
            self.count += 1
            yield row

    def await_loading(self, state: DeviceState) -> None:
        """Note that it has been told, and is not known to be loaded yet."""
        state.pending, state.load = self.position, self.load
        state.save(update_fields=["pending", "load"])


def lock(equipment: Equipment) -> DeviceState | None:
    """Lock the state of a device; None if somebody else is at it."""
    DeviceState.objects.get_or_create(equipment=equipment)
    return DeviceState.objects.select_for_update(skip_locked=True).filter(equipment=equipment).first()


def confirm(state: DeviceState, now: datetime) -> None:
    """Let a till stand where that was written which it has loaded."""
    if state.pending is not None:
        state.position, state.pending, state.confirmed_at = state.pending, None, now
        state.save(update_fields=["position", "pending", "confirmed_at"])


def news(equipment: Equipment, state: DeviceState, now: datetime, *, says_withdrawn: bool) -> News | None:
    """Return what is new for a till; None if nothing is.

    A dialect that cannot say that something has left the rule tells everything then.
    """
    rule = equipment.rule
    assert rule is not None  # Looked at by who asks.
    current, ordered = positions.now(rule=rule), transfers.ordered_load(equipment)
    known = msgspec.convert(state.position, Position) if state.position and state.load == ordered else None
    if known == current:
        return None
    after = known if positions.fits(known, current=current) else None
    if after is not None and not says_withdrawn and _has_withdrawn(equipment, after, now):
        after = None
    rows = goods.changed(rule=rule, format_version=None, after=after, now=now)
    tree = groups.changed(rule=rule, after=after)
    first = next(rows, None)
    if first is None and not tree and after is not None:
        state.position = msgspec.to_builtins(current)
        state.save(update_fields=["position"])
        return None
    told = chain([first] if first is not None else [], rows)
    return News(tree, told, full=after is None, current=current, load=ordered)


def record(equipment: Equipment, told: News, *, operation: str, now: datetime) -> None:
    """Write into the exchange log what a till has been told."""
    said = Told(operation=operation, device_id=equipment.device_id or "", equipment=equipment)
    said.summary = summary(told.count, full=told.full)
    sessions.record(told=said, asked=b"", answered=b"", by=None, address="", began=now, ended=now)


def summary(count: int, *, full: bool) -> str:
    """Return what a till has been told, in words."""
    said = ngettext("%(count)d good, all there are.", "%(count)d goods, all there are.", count)
    if not full:
        said = ngettext("%(count)d good that has changed.", "%(count)d goods that have changed.", count)
    return said % {"count": count}


def _has_withdrawn(equipment: Equipment, after: Position, now: datetime) -> bool:
    assert equipment.rule is not None  # Checked by who asks.
    changed = goods.changed(rule=equipment.rule, format_version=None, after=after, now=now)
    return any(row.withdrawn for row in changed)
