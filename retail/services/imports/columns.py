"""Columns of a file, known by their headers in any of our languages and by the names the trade uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from retail.services.imports.outcomes import Problem, Row
from retail.services.imports.sources import UnreadableFile


@dataclass(frozen=True)
class Column:
    """`name` is the key and also a header; `others` are further headers; `example` fills the template of a file."""

    name: str
    title: Any
    read: Callable[[Any], Any]
    help: Any
    example: str = ""
    others: tuple[str, ...] = ()

    def headers(self) -> set[str]:
        """Return every header under which files know the column, normalized."""
        known = {self.name, *self.others}
        for language, _name in settings.LANGUAGES:
            with override(language):
                known.add(str(self.title))
        return {_normalized(header) for header in known}


class Layout:
    """Which cell of a row belongs to which column."""

    def __init__(self, columns: Sequence[Column], header: Sequence[Any]) -> None:
        """Read the first row of a file. Raises `UnreadableFile` where it names none of the columns, or one twice."""
        known = {header: column for column in columns for header in column.headers()}
        self.places: list[tuple[int, Column]] = []
        self.unknown: list[str] = []
        for place, cell in enumerate(header):
            if cell in (None, ""):
                continue
            if column := known.get(_normalized(str(cell))):
                self.places.append((place, column))
            else:
                self.unknown.append(str(cell)[:50])
        self._check(columns)

    def _check(self, columns: Sequence[Column]) -> None:
        named = [column.name for _place, column in self.places]
        if not named:
            titles = ", ".join(str(column.title) for column in columns)
            raise UnreadableFile(_("The first row names none of the columns: %(titles)s.") % {"titles": titles})
        for _place, column in self.places:
            if named.count(column.name) > 1:
                raise UnreadableFile(_("The column “%(title)s” is there twice.") % {"title": column.title})

    def require(self, *alternatives: Column) -> None:
        """Raise `UnreadableFile` unless the file has one of these columns."""
        if not {column.name for _place, column in self.places} & {column.name for column in alternatives}:
            titles = " / ".join(str(column.title) for column in alternatives)
            raise UnreadableFile(_("The file has no column “%(titles)s”.") % {"titles": titles})

    def row(self, number: int, cells: Sequence[Any]) -> Row:
        """Read the cells of a row. An empty cell says nothing and leaves what is there."""
        row = Row(number, {})
        for place, column in self.places:
            cell = cells[place] if place < len(cells) else None
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            try:
                row.values[column.name] = column.read(cell)
            except ValidationError as error:
                row.problems.append(Problem(str(column.title), " ".join(error.messages)))
        return row


def _normalized(header: str) -> str:
    return " ".join(header.replace("_", " ").casefold().replace("ё", "е").split())
