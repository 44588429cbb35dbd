"""Cashiers who ask and wait: how many a second, and how long the slowest of a hundred waits, alone and in a crowd."""

import itertools
import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.client import CONNECTIONS, Load, request, run
from bench.paths import REGISTERS, Chance, Sales

CASHIERS = 16
HOT_REGISTERS = 100  # More than cashiers, or the limit of each register would be what is measured.
AIM = (0.12, 0.20, 0.30)


@dataclass(frozen=True)
class Wait:
    """How long cashiers waited. `limit` is the p99 of PostgreSQL itself, where the target is a multiple of it."""

    name: str
    load: Load
    limit: float | None = None


class Holds:
    """Receipts of three lines, each asked for whole: every connection speaks for registers of its own, in turn."""

    def __init__(self, *, skus: int, calls: int, seed: str) -> None:
        self.skus, self.calls, self.seed = skus, calls, seed

    def __call__(self, connection: int, connections: int) -> Sequence[bytes]:
        chance = Chance(self.skus, random.Random(f"{self.seed} {connection}"))
        mine = range(1 + connection, REGISTERS + 1, connections)
        requests = []
        for _call, register in zip(range(self.calls), itertools.cycle(mine), strict=False):
            lines = [{"line": line, "sku": f"B{chance.draw()}", "quantity": "1.000"} for line in range(1, 4)]
            body = json.dumps({"lines": lines}, separators=(",", ":")).encode()
            requests.append(request("PUT", f"/kkm/v1/reservations/{chance.uid()}", f"bench-asking-{register}", body))
        return requests


class OneItem:
    """Receipts of one and the same SKU in one warehouse."""

    def __init__(self, *, calls: int) -> None:
        self.calls = calls

    def __call__(self, connection: int, connections: int) -> Sequence[bytes]:
        chance = Chance(1, random.Random(connection))
        mine = range(1 + connection, HOT_REGISTERS + 1, connections)
        return [
            request(
                "PUT",
                f"/kkm/v1/reservations/{chance.uid()}/lines/1",
                f"bench-hot-{register}",
                b'{"sku":"B1","quantity":"1.000"}',
            )
            for _call, register in zip(range(self.calls), itertools.cycle(mine), strict=False)
        ]


def most(port: int, *, seconds: int, skus: int) -> Load:
    """Ask for receipts of three lines as fast as answers come."""
    run(port, Holds(skus=skus, calls=100, seed="warm"), seconds=2)
    return run(port, Holds(skus=skus, calls=400 * seconds, seed="most"), seconds=seconds)


def measure(
    port: int,
    *,
    seconds: int,
    skus: int,
    most: float,
    sales_rate: float,
    limit_p99: float,
    say: Callable[[str], None],
) -> list[Wait]:
    """Return how long cashiers wait, where `most` receipts of three lines can be asked for in a second.

    `sales_rate` is how many sales a second could be taken in; `limit_p99` the p99 of the reference, in milliseconds.
    """
    say("the same at half of that")
    half = _paced(port, most / 2, skus=skus, seconds=seconds, seed="half")
    say(f"{CASHIERS} cashiers and one SKU")
    hot = run(port, OneItem(calls=200 * seconds), seconds=seconds, connections=CASHIERS)
    say("a tenth of it, while sales are taken in at half of their most")
    sales = Sales(skus=skus, calls=int(sales_rate * seconds / CONNECTIONS), batch=1, first_number=2_000_000)
    with ThreadPoolExecutor(1) as beside:
        selling = beside.submit(run, port, sales, seconds=seconds, rate=sales_rate / 2)
        among_sales = _paced(port, most / 10, skus=skus, seconds=seconds, seed="sales")
        sold = selling.result()
    return [
        Wait("three lines, at half of our own most", half, limit_p99),
        Wait(f"one SKU and {CASHIERS} cashiers", hot),
        Wait(f"three lines, while {sold.rate:,.0f} sales a second are taken in", among_sales),
    ]


def _paced(port: int, rate: float, *, skus: int, seconds: int, seed: str) -> Load:
    calls = int(rate * seconds / CONNECTIONS) + 1
    return run(port, Holds(skus=skus, calls=calls, seed=seed), seconds=seconds, rate=rate)


def table(waits: Sequence[Wait]) -> str:
    lines = [
        "| wait of a cashier | p99 of L, ms | ours, ms | ratio | pass / good / aim | p50 ms | max ms | /s | failed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for wait in waits:
        load, limit, ratio, marks = wait.load, "–", "–", "–"
        if wait.limit is not None:
            limit, ratio, marks = f"{wait.limit:.1f}", f"**{load.p99 / wait.limit:.1f}** ×", "15 / 8 / 4 ×"
        lines.append(
            f"| {wait.name} | {limit} | {load.p99:.1f} | {ratio} | {marks} | {load.p50:.1f} | {load.slowest:.1f} |"
            f" {load.rate:,.0f} | {load.failed} |"
        )
    return "\n".join(lines)
