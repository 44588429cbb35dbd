"""What is shown to the cashier: slips, packets and tables. Names come from the server and are never markup."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import UNSET
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from virtual_register.register import Register
from virtual_register.stock import Moved
from virtual_register.wire import Good, Receipt, Result, Transaction

TITLES = {"sale": "Receipt", "return": "Return", "cancelled": "Cancelled receipt"}
STATUSES = {
    "accepted": "[green]accepted[/]",
    "duplicate": "[green]known already (duplicate)[/]",
    "conflict": "[red]conflict: the server knows another transaction under this number[/]",
    "fetched": "[green]fetched by the server[/]",
    "error_desk": "[yellow]on the server's error desk[/]",
}


def slip(console: Console, register: Register, written: Transaction, names: dict[str, str]) -> None:
    """Print a receipt as a till would, with what is left after it."""
    receipt = written.receipt
    if receipt is UNSET:
        return
    console.print(
        f"[bold]{TITLES[written.kind]} {receipt.number}[/]  shift {written.shift}, transaction {written.number}"
    )
    table = Table.grid(padding=(0, 2))
    for line in receipt.lines:
        table.add_row(
            f"  {escape(names.get(line.sku, line.sku))}",
            f"{line.quantity:f} × {line.price:f}",
            f"{line.amount:f}",
            f"[dim]{register.stock.left(line.sku):.3f} left[/]",
        )
    console.print(table)
    console.print(f"  [bold]Total {receipt.total:f}[/]{_paid(receipt)}")


def _paid(receipt: Receipt) -> str:
    return "".join(f", {escape(payment.kind)} {payment.amount:f}" for payment in receipt.payments)


def answers(console: Console, results: Sequence[Result]) -> None:
    """Print what the server said to an upload: each trouble by itself, the rest counted."""
    for result in results:
        if result.status in {"conflict", "error_desk"}:
            problem = f": {escape(_words(result.problem))}" if result.problem else ""
            console.print(f"  Transaction {result.number} {STATUSES[result.status]}{problem}")
    for status in ("accepted", "duplicate"):
        if count := sum(result.status == status for result in results):
            console.print(f"  {count} transaction{'s' if count > 1 else ''} {STATUSES[status]}")


def _words(problem: object) -> str:
    """Say a problem: the contract leaves its shape open, errors have a `detail`."""
    if isinstance(problem, dict):
        inner = problem.get("errors")
        return "; ".join(map(_words, inner)) if isinstance(inner, list) else str(problem.get("detail") or problem)
    if isinstance(problem, list):
        return "; ".join(map(_words, problem))
    return str(problem)


def moves(console: Console, moved: Iterable[Moved], *, at: datetime | None = None) -> None:
    """Print what a packet changed."""
    stamp = f"[dim]{at.astimezone():%H:%M:%S.%f}"[:-3] + "[/] " if at else ""
    for move in moved:
        before = "—" if move.before is None else f"{move.before:.3f}"
        colour = "green" if move.before is None or move.after > move.before else "red"
        console.print(
            f"{stamp}{escape(move.sku):<10} {before:>12} → [{colour}]{move.after:>12.3f}[/]  {escape(move.name)}"
        )


def goods(console: Console, register: Register, found: Iterable[Good]) -> None:
    table = Table("SKU", "Barcodes", "Name", box=None, header_style="dim", pad_edge=False)
    table.add_column("Price", justify="right")
    table.add_column("Left", justify="right")
    for good in found:
        price = "—" if good.price is None else f"{good.price:.2f}"
        barcodes = " ".join(register.goods.barcodes(good.sku)[:2])
        left = register.stock.left(good.sku)
        table.add_row(escape(good.sku), escape(barcodes), escape(good.name), price, f"{left:.3f}")
    console.print(table if table.row_count else "Nothing found.")


def status(console: Console, rows: Iterable[tuple[str, object]]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        table.add_row(f"[dim]{name}[/]", escape(str(value)))
    console.print(table)


def left(console: Console, register: Register, text: str, *, limit: int = 30) -> None:
    """Print the register's own view of stock; a star marks what it sold and the server may not have counted yet."""
    view = register.stock.view(text)
    table = Table("SKU", "Name", box=None, header_style="dim", pad_edge=False)
    table.add_column("Left", justify="right")
    for row in view[:limit]:
        star = "*" if row.view != row.told else " "
        table.add_row(escape(row.sku), escape(row.name), f"{row.view:.3f}{star}")
    console.print(table if view else "Nothing found.")
    if len(view) > limit:
        console.print(f"[dim]… and {len(view) - limit} more[/]")
