"""A sales file into pieces: documents of sales, the two ends of each shift, and what nobody can read.

The log of who signed in says nothing for the journal, nor does a softcheck, which asks for money and takes none.
Several documents may stand on one line: what nobody can read of one line is one piece, for it is kept by its line.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, BinaryIO

import msgspec

from exchange.messages import Piece
from exchange.protocols.artix import assumptions, messages
from exchange.protocols.artix.cutting import Cut, Sort, cut
from exchange.protocols.artix.messages import Part
from exchange.protocols.artix.values import Unclear, code, is_told

RAW_KEPT = 1 << 16
_BEGIN, _END = " begin", " end"
_SECTIONS = frozenset({"", assumptions.SALES, assumptions.SHIFTS, assumptions.LOG})


def pieces(file: BinaryIO, *, zone: tzinfo, register: int, kinds: Mapping[str, str]) -> Iterator[Piece]:
    """Yield the pieces of a file; `register` is whose file it is, `kinds` its kinds of payment by the till's codes."""
    section = ""
    unread: Piece | None = None  # of the line that is being read
    for part in cut(file):
        if unread is not None and part.line > unread.line:
            yield unread
            unread = None
        if part.sort is Sort.MARKER:
            section = _section(section, part.text)
            yield Piece(part.line, part.lines)
            continue
        for piece in _pieces(part, section, zone, register, kinds):
            if piece.fault:
                unread = piece if unread is None else _together(unread, piece)
            else:
                yield piece
    if unread is not None:
        yield unread


def _section(section: str, marker: str) -> str:
    """Return the section that a marker leads to."""
    if marker.endswith(_BEGIN):
        return marker.removesuffix(_BEGIN)
    return "" if marker.endswith(_END) else section


def _pieces(part: Cut, section: str, zone: tzinfo, register: int, kinds: Mapping[str, str]) -> Iterator[Piece]:
    raw = part.raw
    if part.sort is Sort.OTHER or not part.whole:
        yield _fault(part, "not_a_document" if part.sort is Sort.OTHER else "document_broken")
        return
    if section not in _SECTIONS:
        yield _fault(part, "unknown_section", section=section[:60])
        return
    if section == assumptions.LOG:
        yield Piece(part.line, part.lines)
        return
    try:
        told = messages.parse(raw)
    except Unclear as unclear:
        yield _fault(part, unclear.code, **unclear.params)
        return
    if _is_soft_check(told):
        yield Piece(part.line, part.lines)
        return
    lines = part.lines
    for name in _parts(told, section):
        wrapped = messages.wrap(raw, part=name, register=register)
        entry = messages.of(told, raw=wrapped, part=name, zone=zone, kinds=kinds)
        if entry.transaction is None and entry.uid is None:
            problem = entry.problems[0]
            yield _fault(part._replace(lines=lines), problem.code, **problem.params)
        else:
            yield Piece(part.line, lines, entry=entry, workplace=messages.till_of(told))
        lines = 0


def _parts(told: Mapping[str, Any], section: str) -> list[Part]:
    """Return what a document tells of: an event, or of a shift how it began and, if it has, how it ended."""
    if section == assumptions.SALES or (not section and is_told(told, "doctype")):
        return ["document"]
    parts: list[Part] = ["open"] if is_told(told, "timebeg") else []
    if is_told(told, "timeend") or not parts:
        parts.append("close")
    return parts


def _is_soft_check(told: Mapping[str, Any]) -> bool:
    try:
        return code(told, "doctype") == assumptions.SOFT_CHECK
    except Unclear:
        return False


def _fault(part: Cut, why: str, **params: str) -> Piece:
    return Piece(part.line, part.lines, fault=why, params=params, raw=part.raw[:RAW_KEPT])


def _together(first: Piece, second: Piece) -> Piece:
    raw = b"\n---\n".join([first.raw, second.raw])[:RAW_KEPT]
    return msgspec.structs.replace(first, lines=first.lines + second.lines, raw=raw)
