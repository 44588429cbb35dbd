"""The command line: how a typed command is found its register, and how it ends.

Exit codes: 0 done · 1 the register refuses · 2 wrong usage · 3 the server cannot be reached (sales are safe in the
outbox) · 4 the token is refused · 5 the server refuses · 6 stock has diverged · 130 interrupted.
"""

import sqlite3
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import closing

from rich.console import Console

from virtual_register import grammar, locate
from virtual_register.crowd.command import Prepare, crowd
from virtual_register.errors import RegisterError
from virtual_register.register import Register
from virtual_register.shell import Shell

DESCRIPTION = "A little cash register: sells, keeps its own stock view, works off-line; --many runs a crowd of them."
INTERRUPTED = 130


def run(options: Namespace, *, prepare: Prepare | None = None) -> int:
    """Do what was typed. Returns the exit code.

    `prepare` makes registers for a crowd (how many, over how many warehouses, with external stock control or not); only
    the server's side can.
    """
    console = Console(highlight=False, soft_wrap=True)
    try:
        if options.many is not None:
            return crowd(options, console, prepare=prepare)
        with closing(_register(options, console)) as register:
            if options.command in grammar.COMMANDS:
                grammar.COMMANDS[options.command](register, options, console)
            elif options.command != "pair":
                return Shell(register, console).run()
    except RegisterError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"error: {error}", style="red", markup=False)
        return error.exit_code
    except (OSError, sqlite3.Error) as error:
        print(f"error: the register's memory in {options.state}: {error}", file=sys.stderr)
        return RegisterError.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _register(options: Namespace, console: Console) -> Register:
    if options.command != "pair":
        return locate.find(options)
    register, paired = locate.join(options, options.code)
    console.print(f"Paired: this is register {paired.number} {paired.name}.", markup=False)
    console.print(f"[dim]Its memory is {register.store.path}; say --register {paired.number} from now on.[/]")
    return register


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(prog="virtual_register", description=DESCRIPTION)
    grammar.add_arguments(parser)
    return run(parser.parse_args(arguments))
