"""script/test: pytest on throwaway servers."""

import contextlib
import signal
import sys
from types import FrameType

from launch import venv
from launch.children import end, spawn
from launch.data_servers import data_servers
from launch.paths import ROOT, VENV_PYTHON

_PROCESSES = "2"


def main() -> int:
    """Run pytest with our arguments and return its exit code; the servers are gone afterwards in every case."""
    venv.enter(development=True)
    from launch import messages  # Only the virtual environment has what it imports.

    messages.compile_catalogues()
    signal.signal(signal.SIGTERM, _leave)
    arguments = sys.argv[1:]
    chosen = any(word.startswith(("-n", "--numprocesses", "--pdb", "--collect-only")) for word in arguments)
    spread = [] if chosen else ["-n", _PROCESSES, "--dist", "worksteal"]
    with data_servers() as servers:
        environ = servers.environ(settings="config.settings.test")
        tests = spawn([VENV_PYTHON, "-m", "pytest", *spread, *arguments], env=environ, cwd=ROOT)
        try:
            return tests.wait()
        finally:
            with contextlib.suppress(KeyboardInterrupt):
                end(tests, politely=signal.SIGINT, patience=5)


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
