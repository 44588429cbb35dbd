"""The opaque cursor of a feed: where a register stands, and what it was told it may rely on.

A cursor names the feed it belongs to (`a` all changes of stock, `s` those that sales make, `g` goods, `r` goods by a
rule, `o` customer orders) and everything that makes it worthless when changed: the epoch (a restore), the scope (the
warehouse of stock, the price type of goods, the revision of the rule, the register of orders) and the last full load
ordered for the register. `stock`, in goods by a rule, is its place among changes of stock. `position` is
the revision up to which the register has read. `floor` is where its reading began: equal to `position` once a reading
has reached the end of the feed, and below zero in a full load, as −1 − (the feed's revision when the load began).
"""

import re
from typing import Self

import msgspec
from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError

_FORM = re.compile(
    r"([asgor])\.([0-9a-z]{1,16})\.(\d{1,18})\.(\d{1,18})\.(-?\d{1,18})\.(\d{1,18})(?:\.(\d{1,18}))?", re.ASCII
)


class ReloadRequired(DomainError):
    """The cursor belongs to another epoch, place, rule or load, or runs ahead of the feed: load everything again."""

    code = "reload_required"
    status = 410

    def __init__(self) -> None:
        super().__init__(_("This cursor is not valid any more: load everything again, without a cursor."))


class Cursor(msgspec.Struct, frozen=True):
    feed: str
    epoch: str
    scope: int
    load: int
    floor: int
    position: int
    stock: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cursor given out earlier. Raises `ReloadRequired` for anything else."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ReloadRequired
        feed, epoch, *numbers, stock = match.groups()
        if (feed == "r") != (stock is not None):
            raise ReloadRequired
        scope, load, floor, position = map(int, numbers)
        return cls(feed, epoch, scope, load, floor, position, None if stock is None else int(stock))

    def __str__(self) -> str:
        told = f"{self.feed}.{self.epoch}.{self.scope}.{self.load}.{self.floor}.{self.position}"
        return told if self.stock is None else f"{told}.{self.stock}"

    @property
    def changed_since(self) -> int:
        """The revision after which something that is no longer sold must have been sold when this reading began."""
        return self.floor if self.floor >= 0 else -1 - self.floor

    def check(self, *, feed: str, epoch: str, scope: int, load: int, revision: int) -> None:
        """Raise `ReloadRequired` unless the cursor was given out by this feed as it now is."""
        given = (self.feed, self.epoch, self.scope, self.load)
        if given != (feed, epoch, scope, load) or self.position > revision:
            raise ReloadRequired


def full_load(feed: str, *, epoch: str, scope: int, load: int, revision: int) -> Cursor:
    """Return the place where a full load begins, at a feed that stands at `revision`."""
    return Cursor(feed, epoch, scope, load, -1 - revision, 0)
