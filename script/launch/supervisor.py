"""Several processes as one: started together, started again when they fall, stopped together.

A process that falls is started again after a pause that doubles. One that falls time after time is not going to
stand, and then everything stops with a message, instead of looking alive.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

from launch.children import end, spawn
from launch.errors import LaunchError
from launch.paths import ROOT
from launch.terminal import relay, say

_STOOD_LONG_ENOUGH = 60.0
_FALLS_ALLOWED = 5


class Runnable(Protocol):
    """What a supervisor can hold: a program of the product, or one of the data servers."""

    process: subprocess.Popen[bytes] | None

    def start(self, **options: Any) -> Any: ...
    def stop(self, *, patience: float) -> None: ...


class Program:
    """A program of the product, run from the checkout."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.command = command
        self.environ = environ
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **options: Any) -> "Program":
        """Start it; it is not waited for."""
        self.process = spawn(self.command, env=self.environ, cwd=ROOT, **options)
        return self

    def stop(self, *, patience: float) -> None:
        """Stop it, by force when patience is over."""
        if self.process:
            end(self.process, patience=patience)


@dataclass
class _Held:
    name: str
    runnable: Runnable
    started: float = 0.0
    falls: int = 0
    again_at: float | None = None
    relays: list[threading.Thread] = field(default_factory=list)


class Supervisor:
    """Holds processes in the order in which they were started, and stops them in the opposite order.

    `relaying` takes what a process writes, and returns the thread that does so.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        relaying: Callable[[IO[bytes], str], threading.Thread] = relay,
    ) -> None:
        self._clock, self._relaying = clock, relaying
        self._held: list[_Held] = []

    def start(self, name: str, runnable: Runnable) -> None:
        """Start one and hold it."""
        held = _Held(name, runnable)
        self._held.append(held)
        self._start(held)

    def look_after(self) -> None:
        """Start again whatever has fallen; call this often. Raises LaunchError when one falls time after time."""
        now = self._clock()
        for held in self._held:
            if held.again_at is not None:
                if now >= held.again_at:
                    self._start(held)
                continue
            assert held.runnable.process
            code = held.runnable.process.poll()
            if code is not None:
                self._note_fall(held, code, now)

    def stop(self, *, patience: float) -> None:
        """Stop everything: programs of the product at once, then what they stand on, last started first."""
        programs = [held for held in self._held if isinstance(held.runnable, Program)]
        others = [held for held in reversed(self._held) if not isinstance(held.runnable, Program)]
        stopping = [
            threading.Thread(target=held.runnable.stop, kwargs={"patience": patience}, name=f"stop {held.name}")
            for held in programs
        ]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
        for held in others:
            held.runnable.stop(patience=patience)
        for held in self._held:
            for thread in held.relays:
                thread.join(1)

    def _start(self, held: _Held) -> None:
        reading, writing = _pipe()
        held.relays = [*(thread for thread in held.relays if thread.is_alive()), self._relaying(reading, held.name)]
        held.started, held.again_at = self._clock(), None
        try:
            held.runnable.start(stdout=writing, stderr=subprocess.STDOUT)
        finally:
            writing.close()

    def _note_fall(self, held: _Held, code: int, now: float) -> None:
        held.falls = 1 if now - held.started > _STOOD_LONG_ENOUGH else held.falls + 1
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        if held.falls > _FALLS_ALLOWED:
            raise LaunchError(f"{held.name} {how} for the {held.falls}th time in a row: stopping everything.")
        pause = 2.0 ** (held.falls - 1)
        held.again_at = now + pause
        say(f"{held.name} {how}; starting it again in {pause:.0f} s")
        held.runnable.stop(patience=0)  # Whatever it had started is still in its group.


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
