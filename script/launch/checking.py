"""script/check: everything that can be said about the code without running the tests. Goes on after a failure."""

import os
import subprocess
import sys
import time

from launch import venv
from launch.data_servers import data_servers
from launch.errors import LaunchError
from launch.paths import ROOT, VENV, VENV_PYTHON

_BIN = VENV / "bin"
_PLACES = ["."]
_STEPS: dict[str, list[str]] = {
    "format": [str(_BIN / "ruff"), "format", "--check", "--quiet", *_PLACES],
    "lint": [str(_BIN / "ruff"), "check", "--quiet", *_PLACES],
    "types": [str(_BIN / "mypy")],
    "imports": [str(_BIN / "lint-imports")],
    "messages": [str(VENV_PYTHON), "script/messages", "check"],
    "system": [str(VENV_PYTHON), "-W", "error", "manage.py", "check", "--fail-level", "WARNING"],
    "migrations": [str(VENV_PYTHON), "manage.py", "makemigrations", "--check", "--dry-run"],
    # Warnings are for people to weigh; an error would break whoever runs the version before. Those named were weighed:
    # the constraint of 0012_numbers_once holds for every row that the version before writes; after 0006_shift_totals
    # its intake fails until it is replaced, tills repeat what they got no answer for, and nothing is lost; the version
    # before 0016_customer_orders writes no reservation of an order; after 0008_partitions a journal is a table of the
    # same name and columns, whose first part the old one has become.
    "migration lint": [
        *(str(VENV_PYTHON), "manage.py", "lintmigrations", "--sql-analyser", "postgresql"),
        *("--include-apps", "retail", "registers", "stock", "billing", "exchange", "--quiet", "ok", "ignore"),
        *("--ignore-name", "0012_numbers_once", "0006_shift_totals", "0016_customer_orders", "0008_partitions"),
    ],
    "deploy": [str(VENV_PYTHON), "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "schema": [str(VENV_PYTHON), "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
}
_PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "a key that is long enough, has many different letters and opens nothing: 0123456789",
    "ALLOWED_HOSTS": "back-office.example.ru",
    "HTTPS": "on",
}


def main() -> int:
    """Run every step, or those that are named, and return 1 if any failed."""
    venv.enter(development=True)
    names = sys.argv[1:] or list(_STEPS)
    if unknown := set(names) - set(_STEPS):
        raise LaunchError(f"No such check: {', '.join(sorted(unknown))}. There are: {', '.join(_STEPS)}.")
    with data_servers() as servers:
        environ = servers.environ(settings="config.settings.test") | {
            "PYTHONPATH": str(ROOT / "script"),
            "LOG_LEVEL": "WARNING",
        }
        failed = [name for name in names if not _passes(name, environ | (_PRODUCTION if name == "deploy" else {}))]
    print(f"Failed: {', '.join(failed)}" if failed else "All is well.")
    return 1 if failed else 0


def _passes(name: str, environ: dict[str, str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(_STEPS[name], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    took = time.monotonic() - began
    print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name} ({took:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0
