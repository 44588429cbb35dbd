"""What pages show of a file of transactions: how far it is, what became of it, and the lines nobody could read."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from exchange.choices import FileState
from exchange.models import TransactionFile
from exchange.services.transaction_files import loading, words
from exchange.services.transaction_files.checking import Preview
from registers.admin import bodies
from registers.admin.facts import badge, here, list_url
from registers.choices import TransactionKind
from retail.services import figures

COLOURS = {
    FileState.NEW: "",
    FileState.WAITING: "info",
    FileState.LOADING: "info",
    FileState.DONE: "success",
    FileState.FAILED: "danger",
}
ACTIVE = (FileState.WAITING, FileState.LOADING)
SHOWN = 50
RAW_SHOWN = 300


def state(file: TransactionFile) -> SafeString:
    return badge(file.get_state_display(), COLOURS[FileState(file.state)])


def percent(file: TransactionFile) -> int:
    return min(100 * file.position // file.size, 100) if file.size else 100


def progress(file: TransactionFile, *, url: str) -> dict[str, Any]:
    """Return how far a file is; the page asks for it anew until it has ended."""
    opts = TransactionFile._meta
    counts = [
        (capfirst(str(opts.get_field(name).verbose_name)), figure(getattr(file, name)))  # type: ignore[union-attr]
        for name in (*loading.STATUSES, "passed_over", "quarantined")
    ]
    return {
        "state": state(file),
        "percent": percent(file),
        "lines": figure(file.lines),
        "counts": counts,
        "error": words.failure(file.error) if file.error else "",
        "active": file.state in ACTIVE,
        "url": url,
        "began": here(file.began_at) if file.began_at else "",
        "desk_url": list_url("stock.desktransaction") if file.error_desk else None,
        "conflicts_url": list_url("registers.transactionconflict") if file.conflict else None,
    }


def quarantine(file: TransactionFile) -> dict[str, Any]:
    lines = file.quarantine.order_by("number")[:SHOWN]
    found = [_fault(line.number, line.lines, line.code, line.params, bytes(line.raw)) for line in lines]
    return {"faults": found, "faults_more": file.quarantined > sum(fault["lines"] for fault in found)}


def preview(found: Preview) -> dict[str, Any]:
    """Return what a file would do, in words and figures."""
    counts = [
        (_("New transactions"), found.counts["new"], "success"),
        (_("For the error desk"), found.counts["error_desk"], "warning"),
        (_("Known already"), found.counts["duplicate"], ""),
        (_("Told otherwise before"), found.counts["conflict"], "danger"),
    ]
    kinds = dict(TransactionKind.choices)
    rows = [
        (kinds.get(kind, _("Not understood")), figure(count), figures.money(found.sums.get(kind)))
        for kind, count in sorted(found.kinds.items())
    ]
    return {
        "preview": found,
        "lines": figure(found.lines),
        "passed_over": figure(found.passed_over),
        "quarantined": figure(found.quarantined),
        "counts": [(badge(title, colour), figure(count)) for title, count, colour in counts if count],
        "kinds": rows,
        "first": here(found.first),
        "last": here(found.last),
        "shifts": ", ".join(str(number) for number in sorted(found.shifts)[:20]),
        "faults": [_fault(fault.line, 1, fault.code, fault.params, fault.raw) for fault in found.faults],
        "faults_more": found.quarantined > len(found.faults),
    }


def figure(count: int) -> str:
    return number_format(count, force_grouping=True)


def _fault(line: int, lines: int, code: str, params: Mapping[str, Any], raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1251", "replace")
    shown = bodies.as_it_came(text[:RAW_SHOWN].encode(errors="replace")).text
    cut = len(text) > RAW_SHOWN
    number = f"{line}–{line + lines - 1}" if lines > 1 else str(line)
    return {"line": number, "lines": lines, "why": words.fault(code, params), "text": f"{shown}…" if cut else shown}
