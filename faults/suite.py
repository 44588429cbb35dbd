"""script/faults: the run. Ends with 0 only if every trouble happened, was got over, and the books agree."""

import argparse
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from faults import books
from faults.stage import READY_SECONDS, Stage, comes_true
from faults.tills import Listener, Till, call
from faults.troubles import TROUBLES, DidNotHappen
from launch.paths import ROOT

RECOVERY_SECONDS = 120.0
QUIET = 1.0
LOG = ROOT / "var" / "faults.log"  # what the processes said


class Run:
    """One run. `wrong` is what makes it red."""

    def __init__(self, stage: Stage, *, names: Sequence[str], tills: int, seed: int) -> None:
        self.stage, self.names, self.seed = stage, names, seed
        self.count = tills
        self.wrong: list[str] = []
        self.ended = threading.Event()

    def act(self) -> None:
        """Break and compare, beside the thread that looks after the processes."""
        try:
            self._act()
        except Exception as error:
            self.wrong.append(f"the run itself: {type(error).__name__}: {error}")
        finally:
            self.ended.set()

    def _act(self) -> None:
        stage = self.stage
        if comes_true(stage.answers, seconds=READY_SECONDS) is None:
            raise RuntimeError("the product did not start")
        before, since = books.left(stage), datetime.now(UTC).isoformat()
        tills, listeners = self._hire()
        everybody: list[Till | Listener] = [*tills, *listeners]
        for thread in everybody:
            thread.start()
        chance = random.Random(self.seed)
        self._wait_for(tills, time.monotonic(), "the first sales")
        for name in self.names:
            self._make(name, tills, chance)
            time.sleep(QUIET)
        for thread in everybody:
            thread.ending.set()
        for thread in everybody:
            thread.join()
        self._settle()
        self.wrong += books.faults(stage, tills, listeners, before=before, since=since)
        self._tell(tills)

    def _hire(self) -> tuple[list[Till], list[Listener]]:
        known = msgspec.json.decode(self.stage.demo.read_bytes())["registers"]
        houses = Counter(one["warehouse"] for one in known)
        house = houses.most_common(1)[0][0]
        mine = [one for one in known if one["warehouse"] == house]
        others = [one for one in known if one["warehouse"] != house]
        selling, listening = (mine[:-1] + others)[: self.count], [mine[-1]]
        tills = [
            Till(one, port=self.stage.port, skus=_goods(self.stage.port, one["token"]), seed=self.seed)
            for one in selling
        ]
        return tills, [Listener(one, port=self.stage.port) for one in listening]

    def _make(self, name: str, tills: list[Till], chance: random.Random) -> None:
        trouble = TROUBLES[name]
        try:
            evidence = trouble.make(self.stage, chance)
        except DidNotHappen as error:
            self.wrong.append(f"{name} did not happen: {error}")
            return
        took = self._wait_for(tills, time.monotonic(), name)
        print(f"{name:<16} {evidence:<40} every till acknowledged again after {took} s", flush=True)

    def _wait_for(self, tills: list[Till], moment: float, what: str) -> str:
        took = comes_true(lambda: all(till.sent_since(moment) for till in tills), seconds=RECOVERY_SECONDS)
        if took is None:
            silent = [till.name for till in tills if not till.sent_since(moment)]
            self.wrong.append(f"after {what} no sale was acknowledged within {RECOVERY_SECONDS:.0f} s: {silent}")
            return "never"
        return f"{took:.1f}"

    def _settle(self) -> None:
        """Have the worker's duties done once more by hand, so that what is compared stands still."""
        self.stage.manage("process_transactions")

    def _tell(self, tills: list[Till]) -> None:
        misfortunes = sum((till.misfortunes for till in tills), Counter())
        told = ", ".join(f"{what} {count}" for what, count in misfortunes.most_common())
        print(
            f"{sum(len(till.acknowledged) for till in tills)} transactions acknowledged to {len(tills)} tills; {told}"
        )


def _goods(port: int, token: str) -> list[dict[str, Any]]:
    """Return what a till may sell by the piece, whatever it is told of."""
    goods: list[dict[str, Any]] = []
    cursor, more = "", True
    while more:
        status, packet = call(port, token, "GET", f"goods?cursor={cursor}" if cursor else "goods")
        if status != 200:
            raise RuntimeError(f"goods: {status} {packet}")
        goods += packet["goods"]
        cursor, more = packet["cursor"], packet["more"]
    plain = [one for one in goods if not (one["weighed"] or one["marking"] or one["withdrawn"]) and one["price"]]
    return plain[:40]


def main(words: Sequence[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("--only", help=f"of these alone, separated by commas: {', '.join(TROUBLES)}")
    parser.add_argument("--rounds", type=int, default=1, help="how often; in another order each time")
    parser.add_argument("--tills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args(words)
    names = chosen.only.split(",") if chosen.only else list(TROUBLES)
    if unknown := set(names) - TROUBLES.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    order = random.Random(chosen.seed)
    all_names = [name for _round in range(chosen.rounds) for name in order.sample(names, len(names))]
    print(f"seed {chosen.seed}: {', '.join(all_names)}", flush=True)
    home = Path(tempfile.mkdtemp(prefix="prilavok-"))
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_bytes(b"")
    stage = Stage(home, log=LOG)
    run = Run(stage, names=all_names, tills=chosen.tills, seed=chosen.seed)
    try:
        stage.start()
        acting = threading.Thread(target=run.act, name="acting")
        acting.start()
        while not run.ended.wait(0.1):
            stage.look_after()
        acting.join()
    finally:
        stage.stop()
        shutil.rmtree(home, ignore_errors=True)
    for wrong in run.wrong:
        print(f"WRONG: {wrong}")
    print(
        f"Something is wrong; what the processes said is in {LOG}."
        if run.wrong
        else "Nothing was lost, doubled or told wrongly."
    )
    return 1 if run.wrong else 0
