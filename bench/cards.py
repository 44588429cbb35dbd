"""Cards: redemptions and balances while the customer waits, and a night of lots that begin."""

import itertools
import json
import random
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import psycopg
from rich.progress import Progress

from bench import limits
from bench.client import Load, request, run
from bench.paths import BEGAN, REGISTERS, Chance
from launch.data_servers import DataServers
from launch.paths import ROOT, VENV_PYTHON

FILL = Path(__file__).with_name("cards.sql")
CHUNK = 20_000
DEFERRED = 2  # lots of each card that begin tonight
REDEEM, BALANCE, NIGHT = "redeem bonuses", "balance of a card", "night: lots that begin"
AIMS = {REDEEM: (0.08, 0.15, 0.25), BALANCE: (0.02, 0.04, 0.06), NIGHT: (0.25, 0.50, 0.80)}


class Redemptions:
    """Redemptions of five bonuses from any card, each asked by a register while its customer waits."""

    def __init__(self, *, cards: int, calls: int, seed: str) -> None:
        self.cards, self.calls, self.seed = cards, calls, seed

    def __call__(self, connection: int, connections: int) -> Sequence[bytes]:
        chance = Chance(1, random.Random(f"{self.seed} {connection}"))
        drawn = random.Random(f"{self.seed} cards {connection}")
        mine = range(1 + connection, REGISTERS + 1, connections)
        requests = []
        for _call, register in zip(range(self.calls), itertools.cycle(mine), strict=False):
            body = {"uid": chance.uid(), "kind": "redeem", "bonuses": "5.00", "occurred_at": BEGAN.isoformat()}
            path = f"/kkm/v1/cards/BENCH{drawn.randint(1, self.cards)}/operations"
            requests.append(request("POST", path, f"bench-{register}", json.dumps(body).encode()))
        return requests


class Balances:
    """Questions after any card."""

    def __init__(self, *, cards: int, calls: int) -> None:
        self.cards, self.calls = cards, calls

    def __call__(self, connection: int, connections: int) -> Sequence[bytes]:
        drawn = random.Random(connection)
        mine = range(1 + connection, REGISTERS + 1, connections)
        return [
            request("GET", f"/kkm/v1/cards/BENCH{drawn.randint(1, self.cards)}", f"bench-{register}")
            for _call, register in zip(range(self.calls), itertools.cycle(mine), strict=False)
        ]


def fill(database_url: str, *, cards: int) -> None:
    """Make cards with three live lots each and two that begin tonight, true to the audit."""
    statement = FILL.read_text()
    with psycopg.connect(database_url, autocommit=True) as connection, Progress() as progress:
        connection.execute("UPDATE retail_constants SET discount_cards = true, online_registers = true")
        connection.execute(
            "INSERT INTO billing_cardkind (code, name, turnover_delay, receipts_delay) VALUES ('BENCH', 'Bench', 0, 0)"
        )
        task = progress.add_task(f"{cards:,} cards, {cards * 3:,} live lots", total=cards)
        for first in range(1, cards + 1, CHUNK):
            last = min(first + CHUNK - 1, cards)
            connection.execute(statement, {"first": first, "last": last})
            progress.advance(task, last - first + 1)
        for table in ("discountcard", "lot", "billingoperation", "ledgerentry"):
            connection.execute(f"SELECT setval('billing_{table}_id_seq', {cards * 5})".encode())
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def measure(
    servers: DataServers, environ: Mapping[str, str], *, cards: int, seconds: int, say: Callable[[str], None]
) -> list[tuple[str, float, float, Load]]:
    """Fill both sides with so many cards; return what each path did, as the suite's table wants it."""
    port = int(environ["PORT"])
    say(f"{cards:,} cards, on both sides")
    fill(servers.database_url, cards=cards)
    limits.prepare_cards(servers.postgres, cards=cards)
    run(port, Redemptions(cards=cards, calls=200, seed="warm"), seconds=3)
    rows: list[tuple[str, float, float, Load]] = []
    paths: list[tuple[str, str, Redemptions | Balances]] = [
        (REDEEM, "redeem.sql", Redemptions(cards=cards, calls=300 * seconds, seed="redeem")),
        (BALANCE, "balance.sql", Balances(cards=cards, calls=600 * seconds)),
    ]
    for name, script, asked in paths:
        say(name)
        load_of = partial(run, port, asked, seconds=seconds)
        limit, load = limits.around(servers.postgres, script, load_of, seconds=seconds, cards=cards)
        rows.append((name, limit, load.rate, load))
    say("a night")
    bare = cards * DEFERRED / limits.night(servers.postgres, cards=cards)
    took = _night(environ)
    whole = Load(cards * DEFERRED / took, took * 1000, took * 1000, took * 1000, 0)
    return [*rows, (NIGHT, bare, whole.rate, whole)]


def _night(environ: Mapping[str, str]) -> float:
    began = time.monotonic()
    command: list[str | Path] = [VENV_PYTHON, "manage.py", "run_cards_night"]
    subprocess.run(command, env=environ, cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - began
