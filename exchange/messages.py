"""What a file of transactions is made of, in one shape for every dialect.

A dialect cuts the lines of a file into `Piece`s: each line stands in exactly one of them, so that none disappears
without a word.
"""

import msgspec

from registers.messages import Entry


class FileLine(msgspec.Struct, frozen=True, gc=False):
    """A line as it came, its end and all; `number` counts from 1. One that is too long is not `whole`."""

    number: int
    raw: bytes
    whole: bool = True


class Piece(msgspec.Struct, frozen=True, gc=False):
    """Lines that belong together, the first of them `line`.

    With an `entry` they are a transaction of the till that the file calls `workplace` ("" where it does not say). With
    a `fault` nobody can read them, and `raw` is what they are; `params` are for the sentence. With neither there is
    nothing in them for the journal.
    """

    line: int
    lines: int = 1
    entry: Entry | None = None
    workplace: str = ""
    fault: str = ""
    params: dict[str, str] = {}
    raw: bytes = b""
