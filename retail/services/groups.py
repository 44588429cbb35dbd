"""The tree of goods has no circles: a group does not stand inside itself, however far down."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError
from retail.models import ItemGroup
from retail.services import catalogue


class GroupInsideItself(DomainError):
    code = "group_inside_itself"


@transaction.atomic
def move(*, group: ItemGroup, parent: ItemGroup | None) -> ItemGroup:
    """Put a group under another, or to the top. Raises `GroupInsideItself`."""
    catalogue.lock()
    check_can_move(group=group, parent=parent)
    group.parent = parent
    group.save(update_fields=["parent"])
    return group


def check_can_move(*, group: ItemGroup, parent: ItemGroup | None) -> None:
    """Raise `GroupInsideItself` where a circle would arise. The answer holds while the catalogue is locked."""
    if parent and group.pk and parent.ancestors(include_self=True).filter(pk=group.pk).exists():
        raise GroupInsideItself(_("Group “%(group)s” cannot stand inside itself.") % {"group": group}, attr="parent")


def paths() -> dict[int, str]:
    """Return the full path of every group: "Food / Dairy / Milk"."""
    return {
        group.pk: " / ".join(group.tree_names)
        for group in ItemGroup.objects.with_tree_fields().tree_fields(tree_names="name")
    }


def below(group_ids: Iterable[int]) -> set[int]:
    """Return these groups that exist, with everything below them: one query, however many are named."""
    children = defaultdict(list)
    known = set()
    for pk, parent in ItemGroup.objects.without_tree_fields().order_by().values_list("pk", "parent_id"):
        known.add(pk)
        children[parent].append(pk)
    found: set[int] = set()
    ahead = [pk for pk in group_ids if pk in known]
    while ahead:
        pk = ahead.pop()
        if pk not in found:
            found.add(pk)
            ahead += children[pk]
    return found
