"""What can be asked of a register, one function per command; typed in a terminal or at the `till>` prompt."""

import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Console

from virtual_register import screen, serving
from virtual_register.counter import collect, hold_all
from virtual_register.errors import Refused, RegisterError, TokenRefused, Unreachable
from virtual_register.holding import Holding
from virtual_register.outbox import Sold
from virtual_register.receipts import Item, parse_money, parse_quantity, split_code
from virtual_register.register import Register
from virtual_register.wire import Kind, Transaction, label

HOLD = 25

Command = Callable[[Register, Namespace, Console], None]


def refresh(register: Register, console: Console) -> None:
    """Take what is new before selling, as far as the server lets us: a till that cannot ask sells what it knows."""
    if register.offline:
        return
    register.lost = None
    try:
        if register.goods.cursor is None:
            register.settings()
            loaded = register.load()
            console.print(f"[dim]First run: {loaded.goods} goods loaded.[/]")
        else:
            register.load()
        register.sync()
    except (Unreachable, TokenRefused) as error:
        console.print("[yellow]The server cannot be asked: selling what this register knows.[/]")
        register.lost = error
    except Refused as error:
        if error.code != "stock_sync_disabled":
            raise
        console.print(f"[yellow]{error}[/]")


def hand_over(register: Register, console: Console, *, shift_closed: bool = False) -> None:
    """Upload the outbox, or have it fetched, then take the stock as it is after it; off-line, say what waits.

    Raises `Unreachable` when the server could not be told: what was sold stays in the outbox.
    """
    waiting = register.outbox.waiting_count()
    if register.offline:
        console.print(f"  [yellow]Off-line: {waiting} in the outbox.[/]")
        return
    try:
        if register.lost is not None:
            raise register.lost
        if register.pulled:
            serving.tell(register, shift_closed=shift_closed)
            console.print(f"  Told the server to come for {waiting}.")
        else:
            screen.answers(console, register.upload())
    except (Unreachable, TokenRefused) as error:
        raise type(error)(f"{error} {waiting} in the outbox, to be uploaded later.") from error
    try:
        register.sync()
    except (Refused, Unreachable):
        return  # The sale is safe; what is left is asked again next time.


def finish(register: Register, console: Console, written: Transaction, items: Sequence[Item]) -> None:
    """Print the slip of a receipt and hand it over."""
    screen.slip(console, register, written, {item.good.sku: item.good.name for item in items})
    hand_over(register, console)


def sell(register: Register, options: Namespace, console: Console) -> None:
    refresh(register, console)
    asks = register.asks and not options.force
    items = collect(register, options.codes, quantity=options.quantity, force=options.force or asks)
    holding = Holding(register.server)
    if asks:
        hold_all(register, console, holding, items)
    if options.abandon:
        console.print("The cashier walks away. What is held expires by itself." if asks else "The cashier walks away.")
        return
    sold = register.sell(items, paid_by=options.pay or "cash", card=options.card, uid=holding.uid)
    finish(register, console, sold, items)


def cancel(register: Register, options: Namespace, console: Console) -> None:
    refresh(register, console)
    items = collect(register, options.codes, quantity=options.quantity, force=True)
    finish(register, console, register.cancel(items), items)


def give_back(register: Register, options: Namespace, console: Console) -> None:
    """Return goods of a known sale where there is one: by receipt number, else the last that sold the first of them."""
    refresh(register, console)
    if not options.codes and options.receipt is None:
        raise RegisterError("What comes back? Give a barcode, or --receipt NUMBER for all of it.")
    first = register.goods.find(split_code(options.codes[0])[0])[0].sku if options.codes else None
    sale = register.outbox.find_sale(receipt=options.receipt, sku=first)
    if sale is None and options.receipt is not None:
        raise RegisterError(f"There is no sale with receipt number {options.receipt} here{' of it' if first else ''}.")
    items = _back(register, options, sale)
    paid_by = options.pay or (sale.receipt.payments[0].kind if sale and sale.receipt.payments else "cash")
    finish(register, console, register.give_back(items, of=sale, paid_by=paid_by), items)


def _back(register: Register, options: Namespace, sale: Sold | None) -> list[Item]:
    """Return what lies on the counter to come back, at the price it was sold for."""
    if sale is None:
        return collect(register, options.codes, quantity=options.quantity, force=True)
    lines = {line.sku: line for line in sale.receipt.lines}
    if not options.codes:
        back = register.outbox.returned(sale.receipt.uid)
        rest = {sku: line.quantity - back.get(sku, Decimal(0)) for sku, line in lines.items()}
        asked = [(register.goods.get(sku), lines[sku].barcode, many) for sku, many in rest.items() if many > 0]
        if not asked:
            raise RegisterError(f"All of receipt {sale.receipt.number} has come back already.")
    else:
        asked = []
        for text in options.codes:
            code, own = split_code(text)
            good, barcode, weighed = register.goods.find(code)
            many = own or options.quantity
            asked.append((good, barcode, parse_quantity(many) if many else weighed or Decimal(1)))
    for good, _barcode, _many in asked:
        if good.sku not in lines:
            raise RegisterError(f"{good.name} ({good.sku}) is not on receipt {sale.receipt.number}.")
    return [
        Item(good, barcode, many.quantize(Decimal("0.001")), lines[good.sku].price, tuple(lines[good.sku].marks))
        for good, barcode, many in asked
    ]


def shift(register: Register, options: Namespace, console: Console) -> None:
    if options.action == "open":
        refresh(register, console)
        console.print(f"Shift {register.open_shift().shift} opened.")
        hand_over(register, console)
        return
    counters = register.outbox.counters()
    if options.action == "close":
        console.print(f"Shift {register.close_shift().shift} closed.")
    elif register.outbox.shift is None:
        raise RegisterError("No shift is open.")
    screen.status(console, [(name.replace("_", " "), getattr(counters, name)) for name in counters.__struct_fields__])
    if options.action == "close":
        hand_over(register, console, shift_closed=True)


def cash(register: Register, options: Namespace, console: Console) -> None:
    kind: Kind = "cash_in" if options.direction == "in" else "cash_out"
    register.cash(kind, parse_money(options.amount))
    console.print(f"Cash {options.direction}: {options.amount}; {register.outbox.drawer():.2f} in the drawer.")
    hand_over(register, console)


def load(register: Register, options: Namespace, console: Console) -> None:
    register.settings()
    loaded = register.load(full=options.full)
    pages = f"{loaded.pages} page{'s' if loaded.pages > 1 else ''}"
    console.print(
        f"{loaded.goods} goods in {pages}, {loaded.withdrawn} withdrawn; {register.goods.count()} may be sold."
    )


def sync(register: Register, options: Namespace, console: Console) -> None:
    full = options.full or register.stock.cursor is None
    moved = register.sync(full=options.full)
    if full:
        console.print(f"Stock loaded: {register.stock.count()} SKUs.")
    else:
        screen.moves(console, moved)
        console.print(f"{len(moved)} changed." if moved else "Nothing changed.")


def listen(register: Register, options: Namespace, console: Console) -> None:
    """Print what changes as it changes, until Ctrl-C, or so many seconds or changes."""
    if register.stock.cursor is None:
        register.settings()
        register.sync(full=True)
    elif missed := register.sync():
        console.print(f"[dim]{len(missed)} changed since this register last asked.[/]")
    console.print(f"[dim]Register {register.name} listens at {register.wait_address()}; Ctrl-C ends.[/]")
    try:
        _hear(register, console, seconds=options.seconds, changes=options.changes)
    except KeyboardInterrupt:
        console.print()


def _hear(register: Register, console: Console, *, seconds: float, changes: int) -> None:
    """Wait again and again, also for a server that went away. Zero `seconds` or `changes` are without an end."""
    until = time.monotonic() + seconds if seconds else None
    heard = 0
    down = False
    while until is None or time.monotonic() < until:
        hold = HOLD if until is None else max(1, min(HOLD, round(until - time.monotonic())))
        try:
            moved = register.wait(seconds=hold)
        except Unreachable as error:
            if not down:
                console.print(f"[yellow]{error} Trying on.[/]")
            down = True
            time.sleep(1.0)
            continue
        if down:
            console.print("[green]The server is back.[/]")
        down = False
        screen.moves(console, moved, at=datetime.now(UTC))
        heard += len(moved)
        if changes and heard >= changes:
            return


def upload(register: Register, options: Namespace, console: Console) -> None:
    register.offline = False
    results = register.upload(again=options.again)
    screen.answers(console, results)
    if not results:
        console.print("The outbox is empty.")


def outbox(register: Register, options: Namespace, console: Console) -> None:
    rows = register.outbox.listed(limit=options.limit, everything=options.all)
    for number, kind, occurred_at, receipt, total, state in rows:
        what = f"receipt {receipt}, {total}" if receipt else ""
        state = screen.STATUSES.get(state, "[yellow]waits[/]")
        console.print(f"{number:>6}  {occurred_at}  {kind:<11} {what:<24} {state}")
    if not rows:
        console.print("The outbox is empty.")


def price(register: Register, options: Namespace, console: Console) -> None:
    answer = register.price(options.code)
    money = "no price" if answer.price is None else f"{answer.price:.2f}"
    left = "" if answer.available is None else f", {answer.available:.3f} left"
    console.print(f"{answer.sku}  {answer.name}: {money}{left}", markup=False)


def goods(register: Register, options: Namespace, console: Console) -> None:
    screen.goods(console, register, register.goods.search(" ".join(options.text), limit=options.limit))


def stock(register: Register, options: Namespace, console: Console) -> None:
    screen.left(console, register, " ".join(options.text), limit=options.limit)


def checksum(register: Register, options: Namespace, console: Console) -> None:
    count, sums = register.check_sums()
    console.print(f"[green]Agreed[/]: {count} SKUs, checksum {sums}.")


def rotate(register: Register, options: Namespace, console: Console) -> None:
    register.rotate()
    console.print("A new token is kept; the old one ends when it is first used.")


def status(register: Register, options: Namespace, console: Console) -> None:
    """Say where the register stands; works without the server too."""
    rows: list[tuple[str, object]] = [("register", register.name), ("server", register.server.url)]
    try:
        if register.offline:
            raise Unreachable("not asked (off-line)")
        settings = register.settings()
        rows += [("answers", "yes"), ("shop", label(settings.shop)), ("warehouse", label(settings.warehouse))]
        rows += [("wait at", register.wait_address())]
    except (Unreachable, TokenRefused) as error:
        rows.append(("answers", f"no: {error}"))
    memory = register.store.recall
    rows += [
        ("stock control", memory("stock_control", "—")),
        ("goods", register.goods.count()),
        ("stock", f"{register.stock.count()} SKUs, cursor {register.stock.cursor or '—'}"),
        ("outbox", register.outbox.waiting_count()),
        ("last numbers", f"transaction {memory('last_transaction', '0')}, receipt {memory('last_receipt', '0')}"),
        ("shift", register.outbox.shift or f"closed (last {memory('last_shift', '0')})"),
        ("drawer", f"{register.outbox.drawer():.2f}"),
        ("memory", register.store.path),
    ]
    screen.status(console, rows)
