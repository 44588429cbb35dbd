"""Texts that a spreadsheet would run as formulas.

A cell that begins with = + - or @ is a program to Excel, wherever the text came from. An exported one gets an
apostrophe before it, which spreadsheets show as text; an import takes it off again.
"""

from typing import Any

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def arm(value: Any) -> Any:
    """Return the value as it may stand in an exported file; only texts can be dangerous."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_DANGEROUS) else value


def disarm(text: str) -> str:
    """Return a text from a file without the apostrophe that `arm` put before it."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(_DANGEROUS) else text
