"""What is wrong with a line or with a whole file, as people read it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from exchange.services.transaction_files.loading import NOT_READ, WRONG_DIALECT
from registers.services import problems

FAULTS = {
    "line_too_long": _("The line is longer than a megabyte."),
    "unknown_till": _("Of till %(till)s nobody has said which register it is."),
    "not_a_transaction": _("This is not a line of a transaction: it has no number, date, time and type."),
    "unknown_type": _("The type of transaction %(type)s is not known."),
    "closed_without_lines": _("A receipt is closed here, and no line of it came before."),
    "not_closed": _("Receipt %(receipt)s is neither closed nor cancelled in this file."),
    "not_a_document": _("This is neither a document nor the sign of a section."),
    "document_broken": _("The document is broken, or the file ends within it."),
    "unknown_section": _("Nobody knows what a section “%(section)s” is."),
    "tag_not_closed": _("A document is opened here and never closed."),
}
FAILURES = {
    WRONG_DIALECT: _("Not one line of this file makes sense: it is of another dialect."),
    NOT_READ: _("The file could not be read: hand it over once more."),
}


def fault(code: str, params: Mapping[str, Any]) -> str:
    """Return why lines are in quarantine."""
    said = FAULTS.get(code)
    if said is None:
        return problems.describe({"code": code, "params": params})
    return str(said) % defaultdict(lambda: "?", {key: str(value) for key, value in params.items()})


def failure(error: str) -> str:
    """Return why a whole file could not be loaded."""
    code, _sign, rest = error.partition(": ")
    said = FAILURES.get(code)
    return f"{said} {rest}".strip() if said else error
