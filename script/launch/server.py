"""script/server: the whole product in one terminal, from a bare machine.

Order: virtual environment, PostgreSQL and Valkey, schema and demonstration data, then the web server, the long poll,
a Celery worker and the beat. Data stays in var/ (for root: in a directory outside the checkout, see launch.paths).
"""

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from launch import venv
from launch.account import own
from launch.children import end, spawn
from launch.errors import LaunchError
from launch.paths import ROOT, VAR, VENV_PYTHON, data_directory
from launch.ports import check_is_free, port_from_environment
from launch.postgres import Postgres
from launch.product import programs
from launch.supervisor import Program, Supervisor
from launch.terminal import is_coloured, relay, say
from launch.valkey import Valkey

_PATIENCE = 8.0
_DEMO = VAR / "demo.json"


class Stop(Exception):
    """Someone asked us to stop while we were waiting for something."""


class Server:
    """One run of script/server."""

    def __init__(self, *, demo: bool) -> None:
        self.demo = demo
        self.host = os.environ.get("HOST") or "127.0.0.1"
        self.port = port_from_environment("PORT", 8000)
        self.wait_port = port_from_environment("WAIT_PORT", self.port + 1)
        self.began = time.monotonic()
        self.asked_to_stop = 0
        self.supervisor = Supervisor()

    def run(self) -> int:
        """Run until Ctrl-C or SIGTERM; stop everything in every case."""
        check_is_free(self.port, host=self.host, purpose="web", variable="PORT")
        check_is_free(self.wait_port, host=self.host, purpose="the long poll", variable="WAIT_PORT")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        with contextlib.suppress(Stop):
            try:
                self._start()
                self._stand()
            finally:
                say("stopping")
                self.supervisor.stop(patience=0 if self.asked_to_stop > 1 else _PATIENCE)
                (VAR / "server.env").unlink(missing_ok=True)
                say("stopped")
        return 0

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1

    def _go_on(self) -> None:
        if self.asked_to_stop:
            raise Stop

    def _start(self) -> None:
        environ = self._environ()
        home = data_directory()
        home.mkdir(parents=True, exist_ok=True)
        if home != VAR:
            own(home, 0o700)
        if "DATABASE_URL" not in environ:
            postgres = Postgres(home, durable=True)
            self.supervisor.start("postgres", postgres)
            environ["DATABASE_URL"] = postgres.url
            self._go_on()
        if "REDIS_URL" not in environ:
            valkey = Valkey(home)
            self.supervisor.start("valkey", valkey)
            environ["REDIS_URL"] = valkey.url
            self._go_on()
        self._tell_other_terminals(environ)
        self._prepare(environ)
        for name, command in programs(host=self.host, wait_port=self.wait_port, schedule=VAR / "beat").items():
            self.supervisor.start(name, Program(command, environ))

    def _environ(self) -> dict[str, str]:
        metrics = VAR / "metrics"  # Counters of processes that are gone would be added up with ours.
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        environ = {
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "LOG_STYLE": "console",
            "WAIT_URL": f"http://{self._shown_host()}:{self.wait_port}/kkm/v1/wait",
            **os.environ,
            "HOST": self.host,
            "PORT": str(self.port),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            "PYTHONPATH": str(ROOT / "script"),
            "PYTHONUNBUFFERED": "1",
            # Root on one's own machine has heard it: the servers that must not run as root do not.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        return {**environ, "FORCE_COLOR": "1"} if is_coloured() else environ

    def _tell_other_terminals(self, environ: dict[str, str]) -> None:
        """Leave the addresses where config.settings.development looks for them."""
        path = VAR / "server.env"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={environ[name]}\n" for name in ("DATABASE_URL", "REDIS_URL")))

    def _prepare(self, environ: dict[str, str]) -> None:
        command = [str(VENV_PYTHON), "-m", "launch.prepare", self._url(self.port), environ["WAIT_URL"]]
        process = spawn([*command, *([str(_DEMO)] if self.demo else [])], env=environ, cwd=ROOT, stdout=-1, stderr=-2)
        assert process.stdout
        relaying = relay(process.stdout, "prepare")
        try:
            while process.poll() is None:
                self._go_on()
                time.sleep(0.02)
        finally:
            end(process, patience=2)
            relaying.join(1)
        if process.returncode:
            raise LaunchError("The database could not be prepared (see above).")

    def _stand(self) -> None:
        is_ready = False
        while True:
            self._go_on()
            self.supervisor.look_after()
            if not is_ready and self._answers():
                is_ready = True
                self._greet()
            time.sleep(0.2 if is_ready else 0.05)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self._shown_host(), self.wait_port), timeout=1):
                pass
            asking = http.client.HTTPConnection(self._shown_host(), self.port, timeout=2)
            with contextlib.closing(asking):
                asking.request("GET", "/readyz")
                return asking.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _greet(self) -> None:
        say(f"Ready in {time.monotonic() - self.began:.1f} s: {self._url(self.port)}/")
        for line in _demo_logins():
            say(line)
        say("Ctrl-C stops everything.")

    def _shown_host(self) -> str:
        return "127.0.0.1" if self.host == "0.0.0.0" else self.host

    def _url(self, port: int) -> str:
        return f"http://{self._shown_host()}:{port}"


def main() -> int:
    """Run script/server."""
    parser = argparse.ArgumentParser(
        prog="script/server",
        description="Starts everything in one terminal. PORT chooses the port of the web (8000), WAIT_PORT that of the "
        "long poll (the next one), HOST the address (127.0.0.1); DATABASE_URL and REDIS_URL use servers of your own.",
    )
    parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
    chosen = parser.parse_args()
    VAR.mkdir(exist_ok=True)
    with _only_one():
        venv.enter()
        return Server(demo=not chosen.no_demo).run()


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    with Path(VAR / "server.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError("script/server of this checkout is running already.") from None
        yield


def _demo_logins() -> Iterator[str]:
    try:
        told = json.loads(_DEMO.read_text())
    except (OSError, ValueError):
        return
    for login in told.get("logins", []):
        yield f"  {login.get('role', '')}: {login['username']} / {login['password']}"
