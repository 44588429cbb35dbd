"""Edits in words: columns by the names of their fields, keys by what they point at, values as people write them.

What a page of edits needs to know is asked for once for all of its rows: one query for each model that is named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Field, ForeignKey, Model
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from retail.admin import edit_names
from retail.admin.edit_names import Key, Names, model_of
from retail.choices import EditAct, EditSource
from retail.models import Edit, FileImport
from retail.services.imports import KINDS

NOTHING = "–"
SHOWN = 200
NAMED = 20

COLOURS: dict[str, str] = {
    EditAct.ADDED: "success",
    EditAct.CHANGED: "info",
    EditAct.DELETED: "danger",
    EditAct.NOTED: "",
    EditAct.IMPORTED: "warning",
}


@dataclass(frozen=True)
class Change:
    """What became of one field: from an old value to a new one, or links taken away and given."""

    title: str
    old: str
    new: str
    are_links: bool = False


@dataclass(frozen=True)
class Told:
    """An edit, ready to be shown. `page` is what it is told on, with its address where there is one."""

    at: datetime
    who: str
    how: str
    act: str
    verb: str
    colour: str
    what: str
    name: str
    page: str
    page_url: str | None
    changes: Sequence[Change]
    note: str
    run: FileImport | None


def describe(edits: Sequence[Edit]) -> list[Told]:
    """Put edits into words. Their imports (`run`) must be at hand."""
    names = Names(key for edit in edits for key in _keys(edit))
    imports = [edit.object_id for edit in edits if edit.act == EditAct.IMPORTED]
    runs = FileImport.objects.in_bulk(imports) if imports else {}
    return [
        _told(edit, names, runs.get(edit.object_id) if edit.act == EditAct.IMPORTED else edit.run) for edit in edits
    ]


def title_of(model: str) -> str:
    """Return the name of a model by its label, or the label where there is no such model any more."""
    found = model_of(model)
    return capfirst(str(found._meta.verbose_name)) if found else model


def who(edit: Edit) -> str:
    return edit.by_name or str(EditSource(edit.source).label)


def how(edit: Edit) -> str:
    """Say through what the edit was made, unless a person made it on its page."""
    parts = []
    if edit.by_name and edit.source != EditSource.PAGE:
        parts.append(str(EditSource(edit.source).label))
    if edit.origin:
        parts.append(gettext(edit.origin))
    if edit.run:
        parts.append(gettext("import of %(file)s") % {"file": edit.run.file_name})
    return " · ".join(parts)


def summary(run: FileImport) -> str:
    """Say what became of the rows of a file."""
    counted = gettext("%(new)s new, %(changed)s changed, %(same)s the same, %(faulty)s faulty") % {
        name: number_format(getattr(run, name), force_grouping=True) for name in ("new", "changed", "same", "faulty")
    }
    return counted if run.finished else gettext("%(counted)s; not read to the end") % {"counted": counted}


def _fields(model: type[Model] | None) -> dict[str, "Field[Any, Any]"]:
    return {str(field.column): field for field in model._meta.concrete_fields} if model else {}


def _target(field: "ForeignKey[Any, Any]") -> type[Model]:
    return field.related_model


def _keys(edit: Edit) -> Iterator[Key]:
    """Yield the rows whose names an edit needs: its own, its page's, and those that its values point at."""
    model = model_of(edit.model)
    for label, key in ((edit.model, edit.object_id), (edit.page_model, edit.page_id)):
        named = model_of(label)
        if named and not named._meta.auto_created:
            yield named, key
    for field, values in _pointing(model, edit.changes).values():
        yield from ((_target(field), value) for value in values)


def _pointing(
    model: type[Model] | None, changes: dict[str, Any]
) -> dict[str, tuple["ForeignKey[Any, Any]", list[int]]]:
    fields = _fields(model)
    found = {}
    for column, pair in changes.items():
        field = fields.get(column)
        if isinstance(field, ForeignKey):
            values = [value for side in pair for value in (side[:NAMED] if isinstance(side, list) else [side])]
            found[column] = (field, [value for value in values if isinstance(value, int)])
    return found


def _told(edit: Edit, names: Names, run: FileImport | None) -> Told:
    model, page_model = model_of(edit.model), model_of(edit.page_model)
    page = names[page_model, edit.page_id] if page_model else edit.label
    is_links = bool(model and model._meta.auto_created)
    name = page if is_links or model is None else names[model, edit.object_id]
    if model and (model, edit.object_id) not in names.there and edit.label:
        name = edit.label
    if edit.act == EditAct.IMPORTED and run:
        note = summary(run)
        kind = model_of(KINDS[run.kind].model) if run.kind in KINDS else None
        what = gettext("Import: %(what)s") % {"what": kind._meta.verbose_name_plural if kind else run.kind}
    else:
        note = gettext(edit.note) if edit.note else ""
        what = title_of(edit.page_model if is_links else edit.model)
    there = page_model is not None and (page_model, edit.page_id) in names.there
    return Told(
        at=edit.at,
        who=who(edit),
        how=how(edit),
        act=edit.act,
        verb=str(EditAct(edit.act).label),
        colour=COLOURS[edit.act],
        what=what,
        name=name,
        page=page,
        page_url=_url(page_model, edit.page_id) if there else None,
        changes=_links(edit, model, names) if is_links else list(_changes(edit, model, names)),
        note=note,
        run=run,
    )


def _url(model: type[Model] | None, key: int) -> str | None:
    if model is None:
        return None
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])
    except NoReverseMatch:
        return None


def _changes(edit: Edit, model: type[Model] | None, names: Names) -> Iterator[Change]:
    fields = _fields(model)
    known = [column for column in fields if column in edit.changes]
    for column in (*known, *(column for column in edit.changes if column not in fields)):
        pair, field = edit.changes[column], fields.get(column)
        title = edit_names.TITLES.get(f"{edit.model}.{column}") or (field.verbose_name if field else column)
        if not pair:
            yield Change(capfirst(str(title)), "", gettext("changed, and not shown"))
            continue
        if edit.act != EditAct.CHANGED and (_says_nothing(pair) or _is_its_page(edit, field, pair)):
            continue
        old, new = (_shown(field, value, names) for value in pair)
        is_half = edit.act != EditAct.CHANGED
        yield Change(
            capfirst(str(title)),
            "" if is_half and pair[0] is None else old,
            "" if is_half and pair[1] is None else new,
        )


def _says_nothing(pair: list[Any]) -> bool:
    """Tell whether a value of a row that came or went is only what every such row begins with."""
    return all(value in (None, "", False, [], "[]", "{}") for value in pair)


def _is_its_page(edit: Edit, field: Any, pair: list[Any]) -> bool:
    return isinstance(field, ForeignKey) and edit.page_model != edit.model and edit.page_id in pair


def _links(edit: Edit, model: type[Model] | None, names: Names) -> list[Change]:
    """Name what was linked: the page's field that goes through this table says what the links are called."""
    page = model_of(edit.page_model)
    changes = []
    for column, (field, _values) in _pointing(model, edit.changes).items():
        through = [m2m for m2m in page._meta.many_to_many if m2m.remote_field.through is model] if page else []
        title = edit_names.TITLES.get(f"{edit.model}.{column}") or (
            through[0].verbose_name if through else field.verbose_name
        )
        taken, given = (_named(field, keys, names) for keys in edit.changes[column])
        changes.append(Change(capfirst(str(title)), taken, given, are_links=True))
    return changes


def _named(field: "ForeignKey[Any, Any]", keys: list[int], names: Names) -> str:
    said = [names[_target(field), key] for key in keys[:NAMED]]
    more = len(keys) - len(said)
    if more:
        said.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
    return "; ".join(said)


def _shown(field: Any, value: Any, names: Names) -> str:
    """Write a value of a column as people do; it comes as JSON wrote it."""
    if value is None or value == "":
        return NOTHING
    if isinstance(field, ForeignKey):
        return names[_target(field), value]
    if isinstance(value, list):
        return ", ".join(_shown(getattr(field, "base_field", None), one, names) for one in value) or NOTHING
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if field is not None and field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return number_format(value, force_grouping=isinstance(value, Decimal))
    return _moment(field, str(value)) or str(value)[:SHOWN]


def _moment(field: Any, text: str) -> str:
    kind = field.get_internal_type() if field is not None else ""
    if kind == "DateTimeField" and (moment := parse_datetime(text)):
        return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
    if kind == "DateField" and isinstance(day := parse_date(text), date):
        return date_format(day, "SHORT_DATE_FORMAT")
    return ""
