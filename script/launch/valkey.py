"""A Valkey (or Redis) of our own, on a free port of the loopback. It keeps nothing: the tables are the truth."""

import secrets
import socket
import subprocess
from pathlib import Path
from typing import Any

from launch.account import as_server, own
from launch.children import end, spawn, wait_until
from launch.errors import LaunchError
from launch.ports import free_port
from launch.programs import find_valkey


class Valkey:
    """One server. It keeps its port and password when it is started again, so clients find it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.program = find_valkey()
        self.port = free_port()
        self.password = secrets.token_urlsafe(24)
        # Not to the terminal: it begins every day with advice on the machine's kernel.
        self.log = directory / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self, **options: Any) -> "Valkey":
        """Start it and wait until it answers; `options` go to subprocess."""
        config = self.directory / "valkey.conf"
        self.log.unlink(missing_ok=True)
        config.unlink(missing_ok=True)
        config.touch(mode=0o600)  # The password goes here and not into the arguments, which everyone can read.
        config.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            'save ""\nappendonly no\ndaemonize no\nloglevel warning\n'
            f'logfile "{self.log}"\n'
        )
        own(config, 0o600)
        self.process = spawn([self.program, config], **as_server(), **options)
        if not wait_until(self._answers, seconds=10, given_up=self.has_ended):
            self.stop()
            raise LaunchError(f"{self.program.name} did not start on port {self.port}; it says why in {self.log}.")
        return self

    def has_ended(self) -> bool:
        """Return whether the server is not running any more."""
        return self.process is None or self.process.poll() is not None

    def stop(self, *, patience: float = 5) -> None:
        """Stop it; there is nothing to save."""
        if self.process:
            end(self.process, patience=patience)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return b"+OK" in link.recv(64)
        except OSError:
            return False
