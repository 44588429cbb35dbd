"""The groups of a rule's goods: a tree that a device shows, told before the goods."""

import msgspec

from exchange.models import ExchangeRule
from exchange.services.rules.positions import Position
from retail.services.statements import beside

_GROUPS = beside(__file__, "groups.sql", prepared=False)


class Group(msgspec.Struct, frozen=True, gc=False):
    id: int
    parent: int | None
    name: str


def changed(*, rule: ExchangeRule, after: Position | None) -> list[Group]:
    """Return the groups that have changed after a position, those above first; None: all of them.

    Nothing where the rule does not upload groups. A tree is small: some hundreds of groups.
    """
    return since(rule=rule.pk, catalogue=after.catalogue if after else -1)


def since(*, rule: int, catalogue: int) -> list[Group]:
    """Do what `changed` does by a rule's key and a revision of the catalogue; below zero it is before everything."""
    return [Group(*row) for row in _GROUPS.rows(rule=rule, after=catalogue)]
