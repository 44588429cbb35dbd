"""Receipts by file and one by one: how many a second each way, and how much memory a file takes.

    PYTHONPATH=script .venv/bin/python -m bench.files [--receipts 100000]

Servers of its own. The same receipts of five lines, each way for registers of its own: a client posts them over HTTP
one after another; the intake takes them in one a call, without HTTP; `load_transactions` loads the file of them. One by
one is measured before and after the file, since a machine that is shared is not as fast one minute as the next.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import mean

import psycopg

from bench.client import request, run
from bench.paths import REGISTERS, Chance, sale
from bench.suite import product, say, told
from launch.data_servers import data_servers
from launch.paths import ROOT, VENV_PYTHON

SKUS = 1000
PER_SECOND = 2000  # receipts made ready for each second of posting: more than one client gets through
IN_PROCESS, BY_FILE = 2, 3  # registers of the dataset
BY_HTTP = range(4, REGISTERS + 1)  # in turn: one of them alone would be throttled


@dataclass(frozen=True)
class Loaded:
    """What a file took: seconds by the clock, seconds of our process's own processor time, MB of memory at its peak."""

    seconds: float
    processor: float
    memory: float


class OneByOne:
    """Receipts of a file from the line `first` on, each in a request of its own."""

    def __init__(self, path: Path, *, first: int, count: int) -> None:
        self.path, self.first, self.count = path, first, count

    def __call__(self, connection: int, connections: int) -> Sequence[bytes]:
        with self.path.open("rb") as file:
            return [
                request("POST", "/kkm/v1/transactions", f"bench-{till}", b'{"transactions":[%b]}' % raw.rstrip())
                for till, raw in zip(cycle(BY_HTTP), islice(file, self.first, self.first + self.count), strict=False)
            ]


def write(path: Path, *, receipts: int) -> None:
    """Write a file of sales in our own dialect."""
    chance = Chance(SKUS, random.Random("files"))
    with path.open("w") as file:
        for number in range(1, receipts + 1):
            file.write(json.dumps(sale(number, chance), separators=(",", ":")) + "\n")


def one_by_one(environ: Mapping[str, str], path: Path, *, first: int, seconds: int) -> tuple[float, float]:
    """Return how many receipts a second one client gets through over HTTP, and how many the intake without it."""
    say("one by one")
    count = seconds * PER_SECOND
    posted = run(int(environ["PORT"]), OneByOne(path, first=first, count=count), seconds=seconds, connections=1)
    assert not posted.failed
    counts = ["--register", str(10_000 + IN_PROCESS), "--first", str(first), "--seconds", str(seconds)]
    return posted.rate, float(told(environ, "-m", "bench.alone", str(path), *counts).splitlines()[-1])


def load(environ: Mapping[str, str], path: Path) -> Loaded:
    """Load a file by the command, from the start of its process to the end."""
    say("by file")
    command: list[str | Path] = [
        VENV_PYTHON,
        "manage.py",
        "load_transactions",
        path,
        "--register",
        str(10_000 + BY_FILE),
    ]
    began = time.monotonic()
    with subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL) as loader:
        _pid, status, used = os.wait4(loader.pid, 0)
        loader.returncode = os.waitstatus_to_exitcode(status)
    assert loader.returncode == 0
    return Loaded(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measure(*, receipts: int, seconds: int) -> str:
    with (
        data_servers(durable=True, settings={"shared_buffers": "2GB"}) as servers,
        product(servers, skus=SKUS) as environ,
        tempfile.TemporaryDirectory() as directory,
    ):
        path, media = Path(directory) / "receipts.jsonl", {"MEDIA_ROOT": directory}
        write(path, receipts=receipts)
        one_by_one(environ, path, first=0, seconds=1)
        with psycopg.connect(servers.database_url, autocommit=True) as connection:
            connection.execute(
                "ANALYZE"
            )  # As autovacuum does within a minute: plans made on empty tables are forgotten.
        before = one_by_one(environ, path, first=PER_SECOND, seconds=seconds)
        whole = load({**environ, **media}, path)
        with path.open("a") as file:
            file.write("\n")  # Another file, of nothing new.
        again = load({**environ, **media}, path)
        after = one_by_one(environ, path, first=PER_SECOND * (seconds + 1), seconds=seconds)
    http, process = (mean(pair) for pair in zip(before, after, strict=True))
    rate = receipts / whole.seconds
    return "\n".join(
        [
            f"one by one, a client over HTTP:   {http:6,.0f} receipts a second",
            f"one by one, the intake alone:     {process:6,.0f} receipts a second",
            f"by file, {receipts:,} receipts:     {rate:6,.0f} receipts a second ({whole.seconds:.1f} s on the clock,"
            f" {whole.processor:.1f} s of processor time outside of PostgreSQL, {whole.memory:.0f} MB at the peak)",
            f"times one by one:                 {rate / http:.1f} (HTTP), {rate / process:.1f} (the intake alone)",
            f"the same once more, in another file: {again.seconds:.1f} s",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.files", description=__doc__)
    parser.add_argument("--receipts", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=4, help="of each way of one by one, before and after the file")
    chosen = parser.parse_args()
    print(measure(receipts=max(chosen.receipts, PER_SECOND * (2 * chosen.seconds + 1)), seconds=chosen.seconds))


if __name__ == "__main__":
    main()
