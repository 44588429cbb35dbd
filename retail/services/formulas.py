"""Texts that a spreadsheet would run as formulas, or that no workbook can hold.

A cell that begins with = + - or @ is a program to Excel, wherever the text came from. An exported one gets an
apostrophe before it, which spreadsheets show as text; an import takes it off again.
"""

import re
from typing import Any

# The wide ones are narrowed by spreadsheets of some countries.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What XML has no way to write: a register may have told it, and one such sign would spoil the whole file.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def arm(value: Any) -> Any:
    """Return the value as it may stand in an exported file; only texts can be dangerous."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_DANGEROUS) else value


def cell(value: Any) -> Any:
    """Return the value as it may stand in a workbook: armed, with signs in place of those that XML cannot hold."""
    return _UNWRITABLE.sub("\ufffd", arm(value)) if isinstance(value, str) else value


def disarm(text: str) -> str:
    """Return a text from a file without the apostrophe that `arm` put before it."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(_DANGEROUS) else text
