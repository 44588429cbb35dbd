"""The product as script/server runs it, on a directory, servers and ports of its own, with hands on its processes."""

import http.client
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
import redis

from launch.account import own
from launch.children import spawn, wait_until
from launch.paths import ROOT, VENV_PYTHON
from launch.ports import free_port
from launch.postgres import Postgres
from launch.product import programs
from launch.supervisor import Program, Runnable, Supervisor
from launch.valkey import Valkey

HOST = "127.0.0.1"
READY_SECONDS = 90.0


class Stage:
    """Started and looked after by one thread, which the processes do not outlive; broken by another.

    What the processes say goes to the end of `log`.
    """

    def __init__(self, home: Path, *, log: Path) -> None:
        self.home = home
        own(home, 0o700)
        self.port, self.wait_port = free_port(), free_port()
        self.demo = home / "demo.json"
        self.postgres = Postgres(home, durable=True)
        self.valkey = Valkey(home)
        self.programs: dict[str, Program] = {}
        self._log = log
        self._supervisor = Supervisor(relaying=self._write_down)

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "HOST": HOST,
            "PORT": str(self.port),
            "WAIT_URL": f"http://{HOST}:{self.wait_port}/kkm/v1/wait",
            "LOG_STYLE": "json",
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT / "script"),
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }

    def start(self) -> None:
        """Start the servers, fill the demonstration chain in, and start the product. Raises `LaunchError`."""
        self._supervisor.start("postgres", self.postgres)
        self._supervisor.start("valkey", self.valkey)
        url = f"http://{HOST}:{self.port}"
        command = [str(VENV_PYTHON), "-m", "launch.prepare", url, self.environ["WAIT_URL"], str(self.demo)]
        preparing = spawn(command, env=self.environ, cwd=ROOT, stdout=subprocess.DEVNULL)
        if preparing.wait() != 0:
            raise SystemExit("The database could not be prepared (see above).")
        for name, command_of in programs(host=HOST, wait_port=self.wait_port, schedule=self.home / "beat").items():
            self.programs[name] = Program(command_of, self.environ)
            self._supervisor.start(name, self.programs[name])

    def look_after(self) -> None:
        """Start again what has fallen. Raises `LaunchError` when something does not stand any more."""
        self._supervisor.look_after()

    def stop(self) -> None:
        self._supervisor.stop(patience=5)

    def answers(self) -> bool:
        """Tell whether the web is ready for registers."""
        asking = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            asking.request("GET", "/readyz")
            return asking.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()

    def database(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.postgres.url, autocommit=True, connect_timeout=30)

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.valkey.url, socket_timeout=2, socket_connect_timeout=2)

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py to its end."""
        command = [str(VENV_PYTHON), "manage.py", *words]
        return subprocess.run(command, env=self.environ, cwd=ROOT, capture_output=True, text=True, check=False)

    def pids(self, name: str) -> list[int]:
        """Return the processes of one part, the first of them its leader; none where it is down."""
        servers: dict[str, Runnable] = {"postgres": self.postgres, "valkey": self.valkey}
        runnable = servers.get(name) or self.programs[name]
        process = runnable.process
        if process is None or process.poll() is not None:
            return []
        return [process.pid, *_descendants(process.pid)]

    def kill(self, pids: list[int], number: int = signal.SIGKILL) -> None:
        for pid in pids:
            os.kill(pid, number)

    def _write_down(self, stream: IO[bytes], who: str) -> threading.Thread:
        def write() -> None:
            with stream, self._log.open("ab") as log:
                for line in stream:
                    log.write(f"{datetime.now(UTC):%H:%M:%S.%f} {who:<8} ".encode() + line)
                    log.flush()

        thread = threading.Thread(target=write, name=f"write down {who}", daemon=True)
        thread.start()
        return thread


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended, though nobody may have asked for its exit code yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def comes_true(condition: Callable[[], bool], *, seconds: float) -> float | None:
    """Return after how many seconds it did; None if it did not in time."""
    began = time.monotonic()
    return time.monotonic() - began if wait_until(condition, seconds=seconds) else None


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, open_ones = [], [pid]
    while open_ones:
        mine = children.get(open_ones.pop(), [])
        found += mine
        open_ones += mine
    return found
