"""What can be typed: the register's own options, a crowd's, and the commands with theirs."""

import argparse
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from virtual_register import commands, serving
from virtual_register.locate import VAR

COMMANDS: dict[str, commands.Command] = {
    "load": commands.load,
    "sync": commands.sync,
    "listen": commands.listen,
    "sell": commands.sell,
    "return": commands.give_back,
    "cancel": commands.cancel,
    "shift": commands.shift,
    "cash": commands.cash,
    "price": commands.price,
    "goods": commands.goods,
    "stock": commands.stock,
    "upload": commands.upload,
    "outbox": commands.outbox,
    "checksum": commands.checksum,
    "serve": serving.command,
    "rotate": commands.rotate,
    "status": commands.status,
}


def add_arguments(parser: ArgumentParser) -> None:
    """Teach a parser everything: the register's own options, a crowd's, and the commands."""
    own = parser.add_argument_group("which register")
    _add_own(own, default=True)
    _add_crowd(parser.add_argument_group("a crowd"))
    after = ArgumentParser(add_help=False)
    _add_own(after, default=False)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    subparsers.add_parser("shell", help="the till> prompt (also without a command)", parents=[after])
    pair = subparsers.add_parser("pair", help="spend a pairing code from the admin", parents=[after])
    pair.add_argument("code", help="ABCD-EFGH")
    add_commands(subparsers, parents=[after])


def _add_own(group: "argparse._ActionsContainer", *, default: bool) -> None:
    """Options that may stand before the command or after it; the ones after it win."""

    def option(name: str, value: object, **more: object) -> None:
        group.add_argument(name, default=value if default else SUPPRESS, **more)  # type: ignore[arg-type]

    option("--url", None, help="the server (default: var/demo.json, else http://localhost:8000)")
    option("--wait-url", None, help="where to wait (default: what the register's settings say)")
    option("--register", None, metavar="NUMBER", help="which register (default: the first of var/demo.json)")
    option("--token", None, help="its token (default: kept from pairing, else var/demo.json)")
    option("--state", VAR / "registers", type=Path, metavar="DIR", help="where registers keep their memory")
    option("--demo", VAR / "demo.json", type=Path, metavar="FILE", help="the list that script/server writes")
    option("--offline", False, action="store_true", help="send nothing: sell into the outbox")
    option("--stock-control", False, action="store_true", help="ask the server before each line, whatever the settings")
    option("--pulled", False, action="store_true", help="the server fetches: tell it of receipts, upload nothing")
    option("--patience", 10.0, type=float, metavar="SECONDS", help="how long to go on asking a busy server (10)")
    option("--language", "en", help="the language of the server's words: ru or en")


def _add_crowd(group: "argparse._ActionsContainer") -> None:
    group.add_argument("--many", type=int, metavar="N", help="run a crowd of N registers")
    group.add_argument("--prepare", action="store_true", help="make and pair the registers that are missing")
    group.add_argument("--warehouses", type=int, default=1, metavar="N", help="spread prepared ones over N (1)")
    group.add_argument("--tokens", type=Path, metavar="FILE", help="registers of the crowd, as var/demo.json has them")
    group.add_argument("--sellers", type=int, metavar="N", help="how many sell; the rest listen (a quarter)")
    group.add_argument("--rate", type=float, default=20.0, metavar="R", help="sales a second in all; 0: flat out (20)")
    group.add_argument("--duration", type=float, default=30.0, metavar="SECONDS", help="how long to sell (30)")
    group.add_argument("--sales", type=int, metavar="N", help="how many sales, instead of a duration")
    group.add_argument("--lines", type=int, default=5, metavar="N", help="lines of a sale (5)")
    group.add_argument("--seed", type=int, default=1, help="of what is sold and how much of it (1)")
    group.add_argument("--json", action="store_true", help="print the summary as JSON")


def add_commands(
    subparsers: "argparse._SubParsersAction[ArgumentParser]", *, parents: Sequence[ArgumentParser] = ()
) -> None:
    """Add what can be typed in a terminal and at the prompt alike."""

    def command(name: str, words: str) -> ArgumentParser:
        return subparsers.add_parser(name, help=words, description=words, parents=list(parents))

    for name, words in (("load", "take goods that changed"), ("sync", "take stock that changed")):
        command(name, words).add_argument("--full", action="store_true", help="everything anew")
    listen = command("listen", "print stock changes as they happen")
    listen.add_argument("--seconds", type=float, default=0, help="stop after so long")
    listen.add_argument("--changes", type=int, default=0, help="stop after so many changes")
    for name, words, count in (
        ("sell", "sell by barcode or SKU", "+"),
        ("return", "take goods back", "*"),
        ("cancel", "record a receipt that was given up", "+"),
    ):
        goods = command(name, words)
        goods.add_argument("codes", nargs=count, metavar="CODE", help='barcode or SKU; "2*CODE" for two of it')
        goods.add_argument("--quantity", "-q", help="of each code that has none of its own (1)")
        if name != "cancel":
            paid = goods.add_argument("--pay", choices=["cash", "card", "sbp"], help="how it is paid (cash)")
            if name == "return":
                paid.help = "how the money goes back (as it was paid)"
        if name == "sell":
            goods.add_argument("--card", metavar="NUMBER", help="the buyer's discount card")
            goods.add_argument(
                "--force", action="store_true", help="sell what the register believes is gone; ask nobody"
            )
            goods.add_argument("--abandon", action="store_true", help="walk away before paying, without a word")
        if name == "return":
            goods.add_argument("--receipt", type=int, metavar="NUMBER", help="of which sale; alone: all of it")
    command("shift", "open or close the shift, or count it").add_argument("action", choices=["open", "close", "show"])
    cash = command("cash", "put money into the drawer or take it out")
    cash.add_argument("direction", choices=["in", "out"])
    cash.add_argument("amount")
    command("price", "ask the server about one good").add_argument("code", metavar="CODE")
    for name, words in (("goods", "what may be sold"), ("stock", "what is left, as the register believes")):
        listing = command(name, words)
        listing.add_argument("text", nargs="*", help="part of a name or code")
        listing.add_argument("--limit", type=int, default=20)
    command("upload", "send the outbox").add_argument(
        "--again", type=int, default=0, metavar="N", help="and the last N once more, the same bytes"
    )
    outbox = command("outbox", "what the server has not answered for")
    outbox.add_argument("--all", action="store_true", help="and what it has")
    outbox.add_argument("--limit", type=int, default=20)
    serving = command("serve", "answer the server when it comes for what was sold")
    serving.add_argument("--host", default="127.0.0.1", help="where to listen (127.0.0.1)")
    serving.add_argument("--port", type=int, default=9100, help="at which port (9100)")
    serving.add_argument("--key", default="", help="what the server has to show (nothing)")
    serving.add_argument("--seconds", type=float, default=0, help="stop after so long")
    serving.add_argument("--questions", type=int, default=0, help="stop after so many questions")
    command("checksum", "compare stock with the server")
    command("rotate", "take a new token")
    command("status", "where the register stands")
