"""The limit L of each path: what PostgreSQL itself does with the bare SQL of that path, under pgbench.

The reference is kept in bench/sql: a stock table, a journal of sales, an append-only stream of packets, and one
function that does the least a sale can do. It has no HTTP, no sign-in, no validation, no foreign keys.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psycopg

from launch.account import as_server, own
from launch.postgres import Postgres

SQL = Path(__file__).with_name("sql")
CLIENTS = 8
T = TypeVar("T")


def prepare(postgres: Postgres) -> str:
    """Make the reference database and return its name."""
    name = "reference"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(postgres.url, dbname=name, autocommit=True) as connection:
        connection.execute((SQL / "schema.sql").read_bytes())
        connection.execute((SQL / "holds.sql").read_bytes())
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return name


def prepare_cards(postgres: Postgres, *, cards: int) -> None:
    """Add so many cards to the reference database, with three lots each and two that begin tonight."""
    with psycopg.connect(postgres.url, dbname="reference", autocommit=True) as connection:
        connection.execute((SQL / "cards.sql").read_text().replace("{cards}", str(cards)).encode())
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def night(postgres: Postgres, *, cards: int) -> float:
    """Run the reference's night in chunks of 10,000 cards and return how many seconds it took."""
    with psycopg.connect(postgres.url, dbname="reference", autocommit=True) as connection:
        began = time.monotonic()
        connection.execute(f"CALL nightly(10000, {cards})".encode())
        return time.monotonic() - began


def around(postgres: Postgres, script: str, work: Callable[[], T], *, seconds: int, cards: int = 0) -> tuple[float, T]:
    """Return the limit as it is just before and just after some work, on average, and what the work returned.

    A machine that is shared with others is not as fast one minute as the next, and a ratio of two figures that were
    measured minutes apart says little.
    """
    before = measure(postgres, script, seconds=seconds, cards=cards)
    done = work()
    return (before + measure(postgres, script, seconds=seconds, cards=cards)) / 2, done


def measure(postgres: Postgres, script: str, *, seconds: int, cards: int = 0) -> float:
    """Run one reference script with 8 prepared clients, on so many cards; return its transactions a second."""
    command = [
        str(postgres.programs / "pgbench"),
        *("-h", str(postgres.sockets), "-U", "prilavok", "-n", "-M", "prepared"),
        *("-c", str(CLIENTS), "-j", "2", "-T", str(seconds), "-D", f"cards={cards}", "-f", "-", "reference"),
    ]
    done = subprocess.run(
        command, input=(SQL / script).read_text(), capture_output=True, text=True, check=True, **as_server()
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found.group(1))


def measure_wait(postgres: Postgres, script: str, *, seconds: int, clients: int) -> float:
    """Run one reference script and return how long the slowest of a hundred transactions took, in milliseconds."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        own(Path(directory), 0o700)
        command = [
            str(postgres.programs / "pgbench"),
            *("-h", str(postgres.sockets), "-U", "prilavok", "-n", "-M", "prepared"),
            *("--log", "--log-prefix", f"{directory}/log"),
            *("-c", str(clients), "-j", "2", "-T", str(seconds), "-f", "-", "reference"),
        ]
        subprocess.run(
            command,
            input=(SQL / script).read_text(),
            capture_output=True,
            text=True,
            check=True,
            **as_server(),
        )
        logs = [path.read_text() for path in Path(directory).glob("log.*")]
    took = sorted(int(line.split(" ", 3)[2]) for log in logs for line in log.splitlines())
    return took[len(took) * 99 // 100] / 1000
