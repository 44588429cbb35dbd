"""script/bench: sets up the limit and the product on one PostgreSQL, runs both sides, prints the ratios."""

import argparse
import contextlib
import os
import platform
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from bench import cards, limits, reserving
from bench.client import CONNECTIONS, Load, run
from bench.paths import REGISTERS, WAREHOUSES, Polls, Sales
from launch.children import end, spawn, wait_until
from launch.data_servers import DataServers, data_servers
from launch.paths import ROOT, VENV, VENV_PYTHON

REPORT = ROOT / "bench" / "report.md"
BEGAN = time.monotonic()
CROWD = ("--many", "200", "--prepare", "--warehouses", "1", "--rate", "50", "--duration", "10", "--state", "var/bench")
AIMS = {
    "take in one 5-line sale": (0.10, 0.20, 0.30),
    "take in batches of 50 sales": (0.30, 0.50, 0.70),
    "the same sale again": (None, None, None),
    "poll with changes waiting": (0.03, 0.06, 0.10),
    "hold 3 lines": reserving.AIM,
    **cards.AIMS,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data and shorter runs: 3 minutes")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.relative_to(ROOT)}")
    chosen = parser.parse_args()
    seconds, skus = (4, 1000) if chosen.quick else (10, 10_000)
    # A quarter of a small server's memory, as an administrator would give it: both sides run on it.
    with data_servers(durable=True, settings={"shared_buffers": "2GB"}) as servers:
        say("the reference database")
        limits.prepare(servers.postgres)
        with product(servers, skus=skus) as environ:
            port = int(environ["PORT"])
            rows = measure(servers, port, seconds=seconds, skus=skus)
            say("three lines of a receipt held")
            bound, most = limits.around(
                servers.postgres,
                "reserve.sql",
                lambda: reserving.most(port, seconds=seconds, skus=skus),
                seconds=seconds,
            )
            rows.append(("hold 3 lines", bound, most.rate, most))
            waiting = limits.measure_wait(servers.postgres, "reserve.sql", seconds=seconds, clients=4)
            waits = reserving.measure(
                port,
                seconds=seconds,
                skus=skus,
                most=most.rate,
                sales_rate=rows[0][3].rate,
                limit_p99=waiting,
                say=say,
            )
            rows += cards.measure(
                servers, environ, cards=100_000 if chosen.quick else 1_000_000, seconds=seconds, say=say
            )
            say("a crowd of 200 registers")
            crowd = told(
                environ, "manage.py", "virtual_register", *CROWD, "--url", f"http://127.0.0.1:{environ['PORT']}"
            )
    say("1,000 registers in the long poll")
    alone = os.environ | {"PYTHONPATH": str(ROOT / "script")}
    waiters = told(alone, "-m", "bench.waiters", "--waiters", "1000")
    say("receipts by file")
    files = told(alone, "-m", "bench.files")
    text = f"{table(rows)}\n\n{reserving.table(waits)}\n\n```\n{waiters}\n{crowd}\n\n{files}\n```"
    print(text)
    if chosen.write:
        REPORT.write_text(report(text))
    return 0


def say(words: str) -> None:
    print(f"{time.monotonic() - BEGAN:5.0f} s  {words}", flush=True)


@contextlib.contextmanager
def product(servers: DataServers, *, skus: int) -> Iterator[dict[str, str]]:
    """Serve the product on a filled database of its own; yield the environment it runs in, PORT among it."""
    wait_port = free_port()
    environ = servers.environ() | {
        "PYTHONPATH": str(ROOT / "script"),
        "PORT": str(free_port()),
        "LOG_STYLE": "json",
        "WAIT_URL": f"http://127.0.0.1:{wait_port}/kkm/v1/wait",
    }
    say(f"the product: {WAREHOUSES} warehouses × {skus} SKUs, {REGISTERS} registers")
    subprocess.run([VENV_PYTHON, "manage.py", "migrate", "-v0"], env=environ, cwd=ROOT, check=True)
    admin = {"DJANGO_SUPERUSER_PASSWORD": "bench", "DJANGO_SUPERUSER_EMAIL": "bench@localhost"}
    make = [str(VENV_PYTHON), "manage.py", "createsuperuser", "--noinput", "--username", "bench", "-v0"]
    subprocess.run(make, env=environ | admin, cwd=ROOT, check=True)
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        fill = (Path(__file__).with_name("dataset.sql")).read_text()
        for statement in fill.split(";\n"):
            if statement.strip():
                connection.execute(
                    statement, {"warehouses": WAREHOUSES, "skus": skus, "registers": REGISTERS}, prepare=False
                )
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    with open(os.devnull, "w") as nowhere:
        web = spawn(
            [VENV / "bin" / "gunicorn", "--config", "python:config.gunicorn"],
            env=environ, cwd=ROOT, stdout=nowhere, stderr=nowhere,
        )  # fmt: skip
        wait = spawn(
            [VENV / "bin" / "uvicorn", "config.asgi:application", "--port", str(wait_port), "--no-access-log"],
            env=environ, cwd=ROOT, stdout=nowhere, stderr=nowhere,
        )  # fmt: skip
        try:
            if not wait_until(lambda: answers(int(environ["PORT"])), seconds=60):
                raise SystemExit("The product did not start.")
            yield environ
        finally:
            end(wait)
            end(web)


def told(environ: Mapping[str, str], *command: str) -> str:
    """Run one of our programs and return the last lines it says, its summary."""
    done = subprocess.run(
        [VENV_PYTHON, *command], env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    return "\n".join((done.stdout + (done.stderr if done.returncode else "")).strip().splitlines()[-24:])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(servers: DataServers, port: int, *, seconds: int, skus: int) -> list[tuple[str, float, float, Load]]:
    """Run every path between two runs of its reference; return its name, its limit, our units a second and the load."""
    rows = []
    run(port, Sales(skus=skus, calls=200, batch=1, first_number=1), seconds=3)
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute("ANALYZE")  # As autovacuum does within a minute: plans made on empty tables are forgotten.
    say("sales one by one")
    alone = Sales(skus=skus, calls=300 * seconds, batch=1, first_number=1_000)
    limit, load = limits.around(
        servers.postgres, "take_in.sql", lambda: run(port, alone, seconds=seconds), seconds=seconds
    )
    rows.append(("take in one 5-line sale", limit, load.rate, load))
    say("the same sales again")
    sent = Sales(skus=skus, calls=int(load.rate * seconds / CONNECTIONS / 2), batch=1, first_number=1_000, times=20)
    again = run(port, sent, seconds=seconds)
    rows.append(("the same sale again", load.rate, again.rate, again))
    say("sales in batches of 50")
    fifty = Sales(skus=skus, calls=12 * seconds, batch=50, first_number=1_000_000)
    limit, batches = limits.around(
        servers.postgres, "take_in.sql", lambda: run(port, fifty, seconds=seconds), seconds=seconds
    )
    rows.append(("take in batches of 50 sales", limit, batches.rate * 50, batches))
    say("polls")
    asked = Polls(cursors=cursors(servers), calls=500 * seconds)
    limit, polls = limits.around(
        servers.postgres, "poll.sql", lambda: run(port, asked, seconds=seconds), seconds=seconds
    )
    rows.append(("poll with changes waiting", limit, polls.rate, polls))
    return rows


def cursors(servers: DataServers) -> dict[int, list[str]]:
    """Cursors from which between 1 and 50 changes wait, for every register."""
    with psycopg.connect(servers.database_url) as connection:
        feeds = connection.execute(
            "SELECT r.number - 10000, f.epoch, f.warehouse_id, f.revision FROM registers_register r "
            "JOIN stock_warehousefeed f USING (warehouse_id) WHERE r.number BETWEEN 10001 AND 30000"
        ).fetchall()
    return {
        register: [f"a.{epoch}.{warehouse}.0.{revision - back}.{revision - back}" for back in range(1, 51)]
        for register, epoch, warehouse, revision in feeds
    }


def table(rows: list[tuple[str, float, float, Load]]) -> str:
    lines = [
        "| path | limit L, /s | ours, /s | ratio | pass / good / aim | p50 ms | p99 ms | max ms | failed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, limit, ours, load in rows:
        marks = " / ".join("–" if mark is None else f"{mark:.2f}" for mark in AIMS[name])
        if name == "the same sale again":
            marks = "1 / 1.5 / 2 × first time"
        lines.append(
            f"| {name} | {limit:,.0f} | {ours:,.0f} | **{ours / limit:.2f}** | {marks} | {load.p50:.1f} |"
            f" {load.p99:.1f} | {load.slowest:.1f} | {load.failed} |"
        )
    return "\n".join(lines)


def report(text: str) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    ).stdout.strip()
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    day = time.strftime("%Y-%m-%d", time.gmtime())
    return f"# Measured\n\n{day}, commit {commit}, {machine}. Made by `script/bench --write`.\n\n{text}\n"
