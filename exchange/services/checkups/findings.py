"""What a check has to say: one sentence, and what to do about it."""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """FINE needs nothing, NOTE is to be known, WRONG is to be mended."""

    FINE = 0
    NOTE = 1
    WRONG = 2


class Finding(NamedTuple):
    level: Level
    text: str
    remedy: str = ""


Findings = Iterator[Finding]


def fine(text: str) -> Finding:
    return Finding(Level.FINE, text)


def note(text: str, remedy: str = "") -> Finding:
    return Finding(Level.NOTE, text, remedy)


def wrong(text: str, remedy: str = "") -> Finding:
    return Finding(Level.WRONG, text, remedy)
