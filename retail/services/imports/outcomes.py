"""What became of a row."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from django.utils.text import capfirst


class Action(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    FAULTY = "faulty"


class Problem(NamedTuple):
    """What is wrong, in words, and the title of the column at fault, if it is one."""

    column: str
    message: str

    def __str__(self) -> str:
        return f"{capfirst(self.column)}: {self.message}" if self.column else self.message


class Change(NamedTuple):
    """What a column of a row changes; `old` is empty for something new."""

    column: str
    old: str
    new: str


@dataclass(slots=True)
class Row:
    """A row as read: the values that are given, by column, and what could not be understood.

    `number` is the row's number as a spreadsheet shows it.
    """

    number: int
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)

    def get(self, column: str) -> Any:
        return self.values.get(column)


@dataclass(slots=True)
class Outcome:
    number: int
    action: Action
    subject: str = ""
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def faulty(row: Row, *problems: Problem) -> Outcome:
    return Outcome(row.number, Action.FAULTY, problems=[*row.problems, *problems])


class Totals(dict[Action, int]):
    """How many rows ended in each way."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(Action, 0))

    @property
    def rows(self) -> int:
        return sum(self.values())


class RowRefused(Exception):
    """A row that cannot be taken in, and why. It never leaves the import."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems
