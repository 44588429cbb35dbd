"""The `till>` prompt: every command of the terminal, and a receipt that is built by scanning."""

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import NoReturn

from rich.console import Console
from rich.markup import escape

from virtual_register import commands, grammar
from virtual_register.counter import hold
from virtual_register.errors import RegisterError
from virtual_register.holding import Holding
from virtual_register.receipts import Item, parse_quantity, split_code
from virtual_register.register import Register

HELP = """\
  4600000000015        scan: puts one on the counter        2*4600000000015  two of it
  pay [cash|card|sbp]  close the receipt                    cancel           give it up
  receipt              what lies on the counter             offline, online  pull the plug, and put it back
  quantity 3           of the last line; 0 takes it off     abandon          walk away without a word
  goods milk · stock milk · sell CODE · return CODE · price CODE · shift open|close|show · cash in|out SUM
  sync · load · listen · upload [--again N] · outbox · checksum · rotate · status · quit          (sell -h: options)"""


class _LineParser(ArgumentParser):
    """Wrong words are an error of the line, not the end of the shell."""

    def error(self, message: str) -> NoReturn:
        raise RegisterError(f"{message} (help lists the words)")


class Shell:
    def __init__(self, register: Register, console: Console, *, read: Callable[[str], str] = input) -> None:
        self.register = register
        self.console = console
        self.counter: list[Item] = []
        self.holding = Holding(register.server)
        self._read = read
        self._parser = _LineParser(prog="", add_help=False)
        grammar.add_commands(self._parser.add_subparsers(dest="command", parser_class=_LineParser))

    def run(self) -> int:
        """Read lines until the end of input. Returns the exit code."""
        self.console.print(f"Register [bold]{escape(self.register.name)}[/]. A barcode scans; help lists the words.")
        while True:
            try:
                line = self._read("till> ").strip()
            except EOFError:
                self.console.print()
                return 0
            except KeyboardInterrupt:
                self.console.print()
                continue
            if line in {"quit", "exit", "q"}:
                return 0
            try:
                self.do(line)
            except RegisterError as error:
                self.console.print(f"[red]{escape(str(error))}[/]")
            except KeyboardInterrupt:
                self.console.print()
            except SystemExit:
                continue  # -h has printed its help.

    def do(self, line: str) -> None:
        """Do one line. Raises `RegisterError`."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise RegisterError(f"{error}.") from error
        if not words:
            return
        own = {
            "help": self.help,
            "receipt": self.show,
            "quantity": self.change,
            "pay": self.pay,
            "abandon": self.abandon,
            "offline": self.unplug,
            "online": self.plug,
        }
        if words == ["cancel"]:
            self.give_up()
        elif words[0] in own:
            own[words[0]](*words[1:2])
        elif words[0] in grammar.COMMANDS:
            options: Namespace = self._parser.parse_args(words)
            grammar.COMMANDS[words[0]](self.register, options, self.console)
        else:
            for word in words:
                self.scan(word)

    def scan(self, text: str) -> None:
        """Put something on the counter."""
        if not self.counter:
            commands.refresh(self.register, self.console)
        code, quantity = split_code(text)
        asked = parse_quantity(quantity) if quantity else None
        item = self.register.scan(code, asked, lying=self.counter, force=self.register.asks)
        hold(self.register, self.console, self.holding, len(self.counter) + 1, item)
        self.counter.append(item)
        self._say(item)

    def change(self, quantity: str = "") -> None:
        """Change the quantity of the last line; 0 takes it off the counter."""
        if not self.counter:
            raise RegisterError("There is nothing on the counter.")
        line, last = len(self.counter), self.counter[-1]
        if quantity == "0":
            if self.register.asks:
                self.holding.give_up(line)
            self.counter.pop()
            self.show()
            return
        item = self.register.scan(
            last.good.sku, parse_quantity(quantity), lying=self.counter[:-1], force=self.register.asks
        )
        hold(self.register, self.console, self.holding, line, item)
        self.counter[-1] = item
        self._say(item)

    def _say(self, item: Item) -> None:
        total = sum(item.amount for item in self.counter)
        self.console.print(
            f"  {escape(item.good.name)}  {item.quantity} × {item.price} = {item.amount}   Σ {total:.2f}"
        )

    def show(self, _word: str = "") -> None:
        for item in self.counter:
            self.console.print(f"  {escape(item.good.name)}  {item.quantity} × {item.price} = {item.amount}")
        self.console.print(f"  Total {sum(item.amount for item in self.counter):.2f}")

    def pay(self, kind: str = "cash") -> None:
        if kind not in {"cash", "card", "sbp"}:
            raise RegisterError("Pay by cash, card or sbp.")
        items, written = self.counter, self.register.sell(self.counter, paid_by=kind, uid=self.holding.uid)
        self._clear()
        commands.finish(self.register, self.console, written, items)

    def give_up(self) -> None:
        items, written = self.counter, self.register.cancel(self.counter, uid=self.holding.uid)
        self._clear()
        commands.finish(self.register, self.console, written, items)

    def abandon(self, _word: str = "") -> None:
        """Leave a receipt as no till should: nobody is told, and what is held for it expires."""
        self._clear()
        self.console.print("  [yellow]Walked away. What was held expires by itself.[/]")

    def _clear(self) -> None:
        self.counter, self.holding = [], Holding(self.register.server)

    def unplug(self, _word: str = "") -> None:
        self.register.offline = True
        self.console.print("  [yellow]Off-line: sales go into the outbox.[/]")

    def plug(self, _word: str = "") -> None:
        self.register.offline, self.register.lost = False, None
        commands.hand_over(self.register, self.console)
        commands.refresh(self.register, self.console)
        if self.counter and self.register.asks:
            self.holding.hold_all(self.counter)
            self.console.print("  [dim]What lies on the counter is held again.[/]")

    def help(self, _word: str = "") -> None:
        self.console.print(HELP, markup=False)
