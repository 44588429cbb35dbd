"""Child processes that never outlive us: each in a group of its own, ended by its own id, with a bound on waiting."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1


def spawn(command: Sequence[str | Path], *, last_wish: int = signal.SIGTERM, **options: Any) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own, so that Ctrl-C reaches us alone and we end it in order.

    Where Linux allows it, the program gets `last_wish` if we die without a word (kill -9). The wish is bound to the
    thread that spawns: spawn from one that lives as long as the program should.
    """
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_us(last_wish),
        **options,
    )


def end(process: subprocess.Popen[bytes], *, politely: int = signal.SIGTERM, patience: float = 8) -> None:
    """End a program and whatever it started: first politely, then, when patience is over, by force."""
    if process.poll() is None:
        process.send_signal(politely)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    # The group outlives its leader when the leader was killed and its workers were not.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], bool], *, seconds: float, given_up: Callable[[], bool] = lambda: False) -> bool:
    """Ask `condition` again and again; return whether it came true before the time was over or someone gave up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not given_up():
        if condition():
            return True
        time.sleep(0.02)
    return False


def _die_with_us(wish: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    parent = os.getpid()

    def ask() -> None:
        library.prctl(_PR_SET_PDEATHSIG, wish)
        if os.getppid() != parent:  # We died before the wish was heard.
            os._exit(1)

    return ask
