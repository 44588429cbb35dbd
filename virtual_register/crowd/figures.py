"""What a crowd measured, and how it is shown."""

import json
from collections import Counter
from collections.abc import Sequence
from math import ceil
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table


class Times(msgspec.Struct, frozen=True):
    """Seconds: how they are spread."""

    count: int = 0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    longest: float = 0.0

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        if not seconds:
            return cls()
        ordered = sorted(seconds)
        p50, p95, p99 = (ordered[max(0, ceil(share * len(ordered)) - 1)] for share in (0.5, 0.95, 0.99))
        return cls(len(ordered), p50, p95, p99, ordered[-1])

    def __str__(self) -> str:
        if not self.count:
            return "—"
        ranks = {"p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.longest}
        return " · ".join(f"{name} {_time(seconds)}" for name, seconds in ranks.items())


class Figures(msgspec.Struct):
    """The summary of a run. `own_share` is how much of one processor the crowd itself took."""

    registers: int = 0
    sellers: int = 0
    listeners: int = 0
    warehouses: int = 0
    seconds: float = 0.0
    sales: int = 0
    latency: Times = Times()
    told: Times = Times()
    untold: int = 0
    packets: int = 0
    changes: int = 0
    compared: int = 0
    diverged: list[str] = []
    unacknowledged: int = 0
    statuses: Counter[str] = msgspec.field(default_factory=Counter)
    errors: Counter[str] = msgspec.field(default_factory=Counter)
    own_share: float = 0.0
    asked: int = 0
    held: Times = Times()
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    resized: int = 0
    abandoned: int = 0
    links_lost: int = 0

    @property
    def rate(self) -> float:
        return self.sales / self.seconds if self.seconds else 0.0

    def show(self, console: Console) -> None:
        table = Table.grid(padding=(0, 2))
        for name, value in self._rows():
            table.add_row(f"[dim]{name}[/]", value)
        console.print(table)

    def _rows(self) -> list[tuple[str, str]]:
        houses = f"{self.warehouses} warehouse{'s' if self.warehouses > 1 else ''}"
        statuses = ", ".join(f"{status} {count}" for status, count in sorted(self.statuses.items())) or "—"
        errors = ", ".join(f"{code} {count}" for code, count in sorted(self.errors.items()))
        agreed = f"[green]0[/] of {self.compared}" if not self.diverged else f"[red]{len(self.diverged)}[/]"
        lost = f"[red]{self.unacknowledged}[/]" if self.unacknowledged else "0"
        untold = f"[red]{self.untold} sales[/]" if self.untold else "0"
        return [
            ("registers", f"{self.registers} in {houses}: {self.sellers} sell, {self.listeners} listen"),
            ("sales", f"{self.sales} in {self.seconds:.1f} s: [bold]{self.rate:.1f} a second[/]"),
            ("latency of a sale", str(self.latency)),
            *self._asking(),
            ("sale → last register told", str(self.told)),
            ("not told in time", untold),
            ("heard", f"{self.packets} packets with {self.changes} changes"),
            ("answers", statuses),
            ("unacknowledged", lost),
            ("diverged", agreed if self.compared or self.diverged else "not compared"),
            ("errors", f"[yellow]{errors}[/]" if errors else "none"),
            ("the crowd's own work", f"{self.own_share:.0%} of a processor"),
        ]

    def _asking(self) -> list[tuple[str, str]]:
        """What stock control was asked, if it was."""
        if not self.asked:
            return []
        refused = ", ".join(f"{code} {count}" for code, count in sorted(self.refused.items())) or "none"
        fickle = f"{self.resized} quantities changed, {self.abandoned} receipts abandoned, {self.links_lost} links lost"
        return [
            ("may this be sold?", f"{self.asked} lines asked, refused: {refused}"),
            ("latency of asking", str(self.held)),
            ("on the way", fickle),
        ]

    def json(self) -> str:
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return json.dumps(plain | {"rate": self.rate}, ensure_ascii=False, indent=2)


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"
