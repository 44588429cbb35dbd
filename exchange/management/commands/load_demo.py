"""Fill an empty database with a believable chain, and say in a file how to get in."""

from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from exchange.services.demo import chain, handout


class Command(BaseCommand):
    help = (
        "Fills an empty database with a demonstration: a chain of shops with goods, stock, registers, users of every "
        "role and two days of trade. A database that holds anything already is left as it is. Its passwords are known "
        "to everyone, so it is for trying the product out, not for a server that others can reach."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", metavar="FILE", help="tell logins, tokens and SKUs in this JSON file")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the address the file tells (%(default)s)")
        parser.add_argument("--wait-url", default="http://127.0.0.1:8001", help="that of the long poll (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        started, now = monotonic(), timezone.now()
        loaded = chain.load(now=now)
        if loaded.made:
            self.stdout.write(f"Demonstration data loaded in {monotonic() - started:.1f} s.")
        if options["write"]:
            handout.write(
                path=Path(options["write"]),
                url=options["url"],
                wait_url=options["wait_url"],
                fresh=loaded.tokens,
                demo=loaded.demo,
                now=now,
            )
