"""One terminal for many processes: every line says who wrote it."""

import os
import sys
import threading
from typing import IO

_COLOURS = {"postgres": 34, "valkey": 35, "prepare": 37, "web": 32, "wait": 36, "worker": 33, "beat": 90, "server": 1}
_WIDTH = max(map(len, _COLOURS))
_writing = threading.Lock()


def is_coloured() -> bool:
    """Return whether whoever reads us sees colours."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def say(text: str, *, who: str = "server") -> None:
    """Write a text, each of its lines under the name of whoever wrote it."""
    mark = f"{who:<{_WIDTH}} |"
    if is_coloured():
        mark = f"\033[{_COLOURS.get(who, 37)}m{mark}\033[0m"
    with _writing:
        for line in text.splitlines() or [""]:
            sys.stdout.write(f"{mark} {line}\n")
        sys.stdout.flush()


def relay(stream: IO[bytes], who: str) -> threading.Thread:
    """Write what comes from a process until it ends, in a thread of its own."""

    def pump() -> None:
        with stream:
            for line in stream:
                say(line.decode(errors="replace").rstrip(), who=who)

    thread = threading.Thread(target=pump, name=f"relay {who}", daemon=True)
    thread.start()
    return thread
