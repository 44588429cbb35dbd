"""How far the registers of a posted load have come, as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from exchange.choices import LoadProgress
from exchange.models import RegisterLoad, RegisterLoadLine
from registers.admin.facts import badge, here, link
from registers.models import RegisterStatus
from retail.admin.base import NOTHING

COLOURS: dict[str, str] = {
    LoadProgress.WAITING: "",
    LoadProgress.LOADING: "info",
    LoadProgress.SENT: "warning",
    LoadProgress.ACKNOWLEDGED: "success",
}


@dataclass(frozen=True)
class Feed:
    """One feed of a register: what the load asks for, and how far it was sent and acknowledged; revisions."""

    target: int | None
    sent: int
    acknowledged: int

    @property
    def done(self) -> bool:
        return self.target is not None and self.acknowledged >= self.target


@dataclass(frozen=True)
class Row:
    register: SafeString
    warehouse: str
    state: str
    percent: int
    goods: Feed
    stock: Feed
    last_seen: str


@dataclass(frozen=True)
class Progress:
    """All of a load; `url` is where the page asks for it anew, until everything is acknowledged."""

    rows: Sequence[Row]
    counts: Sequence[tuple[str, int]]
    bar: SafeString
    done: bool
    url: str


def of(load: RegisterLoad, *, url: str) -> Progress:
    """Read the progress of a posted load: one query, whatever the number of registers."""
    known = load.lines.with_progress().select_related("register__warehouse", "register__status")
    lines: list[Any] = list(known.order_by("register__number"))
    counts = {state: sum(line.progress == state for line in lines) for state in LoadProgress}
    acknowledged = counts[LoadProgress.ACKNOWLEDGED]
    return Progress(
        rows=[_row(line) for line in lines],
        counts=[(badge(state.label, COLOURS[state]), count) for state, count in counts.items() if count],
        bar=bar(acknowledged, len(lines)),
        done=acknowledged == len(lines),
        url=url,
    )


def bar(done: int, total: int) -> SafeString:
    """Draw how many of all: a bar and the two numbers."""
    percent = 100 * done // total if total else 0
    return render_to_string("exchange/bar.html", {"done": done, "total": total, "percent": percent})


def _row(line: Any) -> Row:
    register = line.register
    status = getattr(register, "status", None)
    begun = line.sequence is None or (status is not None and status.load >= line.sequence)
    return Row(
        register=link(register),
        warehouse=register.warehouse.name,
        state=badge(LoadProgress(line.progress).label, COLOURS[line.progress]),
        percent=line.percent,
        goods=_feed(line, status if begun else None, "goods"),
        stock=_feed(line, status if begun else None, "stock"),
        last_seen=here(status.last_seen) if status else NOTHING,
    )


def _feed(line: RegisterLoadLine, status: RegisterStatus | None, name: str) -> Feed:
    """Describe a feed, no further than the load asks; what a register took before it began says nothing of the load."""
    target: int | None = getattr(line, f"{name}_revision")
    sent, acknowledged = (min(getattr(status, f"{name}_{step}", 0), target or 0) for step in ("sent", "acknowledged"))
    return Feed(target, sent, acknowledged)
