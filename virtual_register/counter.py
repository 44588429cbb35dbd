"""What lies on the counter: scanned, and asked for where stock control says what may be sold."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from virtual_register.errors import Refused, TokenRefused, Unreachable
from virtual_register.holding import Holding
from virtual_register.receipts import Item, parse_quantity, split_code
from virtual_register.register import Register


def collect(register: Register, codes: Sequence[str], *, quantity: str | None, force: bool) -> list[Item]:
    """Put scanned codes on the counter; "2*460…" says a quantity of its own."""
    items: list[Item] = []
    for text in codes:
        code, own = split_code(text)
        asked = own or quantity
        items.append(register.scan(code, parse_quantity(asked) if asked else None, lying=items, force=force))
    return items


def hold(register: Register, console: Console, holding: Holding, line: int, item: Item) -> None:
    """Ask stock control for a line, if this register does. Raises `Refused` when it says no.

    A server that does not answer is asked no more for this receipt: the cashier decides, by what the register knows.
    """
    if not register.asks:
        return
    try:
        granted = holding.hold(line, item)
    except (Unreachable, TokenRefused) as error:
        console.print("[yellow]Stock control cannot be asked: selling what this register knows.[/]")
        register.lost = error
        return
    left = "" if granted.available is None else f", {granted.available:.3f} left for others"
    console.print(f"  [dim]{escape(item.good.name)}: {item.quantity} held{left}[/]")


def hold_all(register: Register, console: Console, holding: Holding, items: Sequence[Item]) -> None:
    """Ask for line after line. Raises `Refused` with nothing held."""
    for line, item in enumerate(items, start=1):
        try:
            hold(register, console, holding, line, item)
        except Refused:
            holding.give_up()
            raise
