"""What rows and columns are called in the history of edits."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from retail.choices import EditAct
from retail.models import Edit

Key = tuple[type[Model], int]


@dataclass(frozen=True)
class _Naming:
    name: Callable[[Any], str] = str
    related: tuple[str, ...] = ()


_NAMINGS: dict[type[Model], _Naming] = {}
TITLES: dict[str, Any] = {}


def call(model: type[Model], name: Callable[[Any], str], *, related: tuple[str, ...] = ()) -> None:
    """Let rows of a model be called so in the history. `related` is read along with them."""
    _NAMINGS[model] = _Naming(name, related)


def entitle(model: str, column: str, title: Any) -> None:
    """Let a column be called other than its field is; `model` is a label in lower case."""
    TITLES[f"{model}.{column}"] = title


class Names:
    """What rows call themselves now; those that are gone, what they were called when they went."""

    def __init__(self, keys: Iterable[Key]) -> None:
        wanted: defaultdict[type[Model], set[int]] = defaultdict(set)
        for model, key in keys:
            wanted[model].add(key)
        self._known: dict[Key, str] = {}
        for model, pks in wanted.items():
            naming = _NAMINGS.get(model, _Naming())
            rows: QuerySet[Any] = model._base_manager.select_related(*naming.related).filter(pk__in=pks)
            self._known |= {(model, row.pk): naming.name(row) for row in rows}
        self.there = set(self._known)
        for model, pks in wanted.items():
            missing = [pk for pk in pks if (model, pk) not in self._known]
            if missing:
                self._known |= {(model, pk): label for pk, label in self._gone(model, missing) if label}

    def _gone(self, model: type[Model], pks: list[int]) -> Iterable[tuple[int, str]]:
        label = model._meta.label_lower
        # By the page, which has an index. A part of something that is gone is called as its own edit says.
        gone = Edit.objects.of_page((label, pks)).filter(model=label, act=EditAct.DELETED)
        return gone.order_by("pk").values_list("object_id", "label")

    def __getitem__(self, key: Key) -> str:
        return self._known.get(key) or f"№ {key[1]}"


def model_of(label: str) -> type[Model] | None:
    """Return a model by its label, or None where there is none any more."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):  # ValueError: it is no label at all.
        return None
