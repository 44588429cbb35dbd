"""A PostgreSQL of our own: made, started, waited for, stopped; survives being killed at any moment.

It listens on a Unix socket in a directory that only its account (and root) can enter, so it needs neither a password
nor a port. It is a child of ours and not a daemon, so nobody has to remember that it runs.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from launch.account import as_server, own
from launch.children import end, spawn, wait_until
from launch.errors import LaunchError
from launch.programs import find_postgres, postgres_version

NAME = "prilavok"
_LONGEST_SOCKET_DIRECTORY = 80  # A socket's whole path has some 107 bytes, on macOS 103.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One cluster in one directory. `durable=False` is for tests: quick, and lost if the machine stops."""

    def __init__(self, directory: Path, *, durable: bool, settings: dict[str, str] | None = None) -> None:
        self.directory = directory
        self.data = directory / "postgres"
        self.durable = durable
        self.settings = {**_SETTINGS, **({} if durable else _FORGETFUL), **(settings or {})}
        self.programs = find_postgres()
        self.process: subprocess.Popen[bytes] | None = None
        self.sockets = directory / "sockets"
        if len(str(self.sockets)) > _LONGEST_SOCKET_DIRECTORY:
            self.sockets = Path(tempfile.mkdtemp(prefix="prilavok-", dir="/tmp"))

    @property
    def url(self) -> str:
        """The address of the database, as Django, psycopg and pgbench read it."""
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.sockets))}"

    def start(self, **options: Any) -> "Postgres":
        """Make the cluster if there is none, start it and wait until it answers; `options` go to subprocess."""
        self._make()
        self._clear_what_a_crash_left()
        shutil.rmtree(self.sockets, ignore_errors=True)
        self.sockets.mkdir()
        own(self.sockets, 0o700)
        self.process = spawn(self._command(), last_wish=signal.SIGINT, **as_server(), **options)
        if not wait_until(self._is_ready, seconds=120, given_up=self.has_ended):
            self.stop()
            raise LaunchError(f"PostgreSQL in {self.data} did not start.")
        return self

    def has_ended(self) -> bool:
        """Return whether the server is not running any more."""
        return self.process is None or self.process.poll() is not None

    def stop(self, *, patience: float = 10) -> None:
        """Stop it without waiting for clients; an impatient stop costs the next start a recovery and nothing else."""
        if self.process:
            end(self.process, politely=signal.SIGINT, patience=patience)
        if self.sockets.parent != self.directory:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def kill(self) -> None:
        """Kill it as a power cut would (for tests of faults); `start` again recovers."""
        assert self.process
        end(self.process, politely=signal.SIGKILL)

    def _command(self) -> list[str]:
        words = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.sockets)]
        for name, value in self.settings.items():
            words += ["-c", f"{name}={value}"]
        return words

    def _make(self) -> None:
        version = postgres_version(self.programs)
        if (self.data / "PG_VERSION").exists():
            made_by = int((self.data / "PG_VERSION").read_text())
            if made_by != version:
                raise LaunchError(
                    f"{self.data} was made by PostgreSQL {made_by}, and {version} cannot read it: "
                    "move it away to start with an empty database."
                )
            return
        # Under another name until it is whole: an interrupted start must not leave half a cluster.
        making = self.directory / "postgres.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        own(making, 0o700)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if version >= 17 else []
        # In the C locale upper('привет') changes nothing, and Russian could not be searched.
        words = ["--encoding=UTF8", "--locale=C.UTF-8", *locale, f"--username={NAME}", "--auth=trust", "--no-sync"]
        self._run([str(self.programs / "initdb"), "-D", str(making), *words])
        self._run(
            [str(self.programs / "postgres"), "--single", "-D", str(making), "postgres"], f"CREATE DATABASE {NAME}"
        )
        if self.durable:
            os.sync()
        making.rename(self.data)

    def _run(self, command: list[str], text: str = "") -> None:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, **as_server())
        if done.returncode:
            raise LaunchError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")

    def _is_ready(self) -> bool:
        """Read what the server itself writes down for pg_ctl: its process, and on the eighth line its state."""
        assert self.process
        lines = self._pid_file().splitlines()
        return len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def _pid_file(self) -> str:
        try:
            return (self.data / "postmaster.pid").read_text()
        except OSError:
            return ""

    def _clear_what_a_crash_left(self) -> None:
        """End a server that outlived its launcher, and remove a pid file whose number is now somebody else's.

        Whoever starts us holds the lock on this directory, so no other launcher can be using the server.
        """
        first = self._pid_file().partition("\n")[0]
        if not first.isdigit():
            return
        pid = int(first)
        for stop in (signal.SIGINT, signal.SIGQUIT):
            if self._is_ours(pid):
                os.kill(pid, stop)
                wait_until(lambda: not self._is_ours(pid), seconds=10)
        if self._is_ours(pid):
            raise LaunchError(f"An earlier PostgreSQL (process {pid}) does not stop.")
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        proc = Path(f"/proc/{pid}/cmdline")
        if proc.parent.parent.joinpath("self").exists():
            try:
                words = proc.read_bytes().decode(errors="replace").split("\0")
            except OSError:
                return False
        else:
            told = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
            words = told.stdout.split()
        return str(self.data) in words
