"""`--many N`: which registers make the crowd, its run, and how it ends."""

import asyncio
import json
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from virtual_register.crowd.run import Crowd
from virtual_register.errors import Diverged, RegisterError, Unreachable
from virtual_register.locate import DEFAULT_URL, Known, read_demo

Prepare = Callable[[int, int, bool], Sequence[Known]]
SHOWN_DIVERGED = 5


def crowd(options: Namespace, console: Console, *, prepare: Prepare | None) -> int:
    """Run a crowd and print its figures. Raises `Diverged`, `Unreachable` and whatever keeps it from beginning."""
    if options.many < 1 or options.lines < 1 or options.rate < 0 or options.duration <= 0:
        raise RegisterError("A crowd has at least one register, one line to a sale, and some time to sell.")
    known = _registers(options, console, prepare)
    url = options.url or read_demo(options.demo).url or DEFAULT_URL
    words, bar, elapsed = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    shown = Console(stderr=True) if options.json else console
    with Progress(words, bar, elapsed, console=shown) as progress:
        figures = asyncio.run(Crowd(known, url=url, options=options, progress=progress).run())
    if options.json:
        print(figures.json())
    else:
        figures.show(console)
    if figures.diverged:
        more = f" and {len(figures.diverged) - SHOWN_DIVERGED} more" if len(figures.diverged) > SHOWN_DIVERGED else ""
        raise Diverged("; ".join(figures.diverged[:SHOWN_DIVERGED]) + more)
    if figures.untold:
        raise Diverged(f"Of {figures.untold} sales not every register was told in time.")
    if figures.unacknowledged:
        raise Unreachable(f"{figures.unacknowledged} transactions were not acknowledged.")
    return 0


def _registers(options: Namespace, console: Console, prepare: Prepare | None) -> Sequence[Known]:
    """Return the registers of the crowd: a list given, the demo's where they suffice, else those made for crowds."""
    made = options.state / "crowd.json"
    if options.prepare:
        if prepare is None:
            raise RegisterError(
                "Only manage.py virtual_register can --prepare registers: it has the server's database."
            )
        console.print(f"[dim]Making and pairing {options.many} registers …[/]")
        _keep(made, prepare(options.many, options.warehouses, options.stock_control))
    lists = [options.tokens] if options.tokens else [made] if options.prepare else [options.demo, made]
    for path in lists:
        known = read_demo(path).registers
        if len(known) >= options.many:
            return known[: options.many]
    found = max(len(read_demo(path).registers) for path in lists)
    raise RegisterError(f"{options.many} registers are asked for and {found} are known: add --prepare to make them.")


def _keep(path: Path, registers: Sequence[Known]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # It holds tokens.
    path.write_text(json.dumps({"registers": msgspec.to_builtins(registers)}, ensure_ascii=False, indent=1))
