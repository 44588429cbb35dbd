"""The virtual environment: made if missing, filled if the requirements changed, and entered."""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from launch.errors import LaunchError
from launch.paths import ROOT, VAR, VENV, VENV_PYTHON

_STAMP = VENV / "installed.sha256"
_SAME_VERSION = f"import pip, sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"


def enter(*, development: bool = False) -> None:
    """Go on under the virtual environment's Python, made ready first; return at once if that is so already."""
    _ensure(development=development)
    if Path(sys.prefix) != VENV:
        sys.stdout.flush()
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])


def _ensure(*, development: bool) -> None:
    if _is_current(development=development):
        return
    VAR.mkdir(exist_ok=True)
    with (VAR / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Two scripts started at once must not install into each other.
        if not _is_current(development=development):
            if not _fits_python():
                _make()
            _install(VENV_PYTHON, "requirements-dev.txt" if development else "requirements.txt")
            _STAMP.write_text("\n".join(_digests() if development else _digests()[:1]))


def beside(place: Path, *, requirements: str) -> Path:
    """Return the Python of an environment of a tool's own, made and filled from its list if that is not done yet."""
    python, stamp = place / "bin" / "python", place / "installed.sha256"
    wanted = _digest((ROOT / requirements).read_bytes())
    VAR.mkdir(exist_ok=True)
    with (VAR / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not python.exists() or not stamp.exists() or stamp.read_text() != wanted:
            _make(place)
            _install(python, requirements)
            stamp.write_text(wanted)
    return python


def _is_current(*, development: bool) -> bool:
    try:
        installed = _STAMP.read_text().split()
    except OSError:
        return False
    # The development set contains the other one.
    wanted = _digests()[-1:] if development else _digests()
    return VENV_PYTHON.exists() and any(digest in installed for digest in wanted)


def _digests() -> list[str]:
    runtime = (ROOT / "requirements.txt").read_bytes()
    development = (ROOT / "requirements-dev.txt").read_bytes()
    return [_digest(content) for content in (runtime, runtime + b"+" + development)]


def _digest(requirements: bytes) -> str:
    python = f"{sys.version_info.major}.{sys.version_info.minor} "
    return hashlib.sha256(python.encode() + requirements).hexdigest()


def _fits_python() -> bool:
    """Return whether the environment is whole and of the running Python's version, so that it need not be remade."""
    try:
        return subprocess.run([str(VENV_PYTHON), "-c", _SAME_VERSION], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _make(place: Path = VENV) -> None:
    python = getattr(sys, "_base_executable", sys.executable)
    if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
        raise LaunchError("Python's venv module is missing: install it (on Debian: apt install python3-venv).")
    print(f"Making a virtual environment in {place.name}", flush=True)
    made = subprocess.run([python, "-m", "venv", "--clear", str(place)], check=False)
    if made.returncode:
        raise LaunchError("The virtual environment could not be made (see above).")


def _install(python: Path, name: str) -> None:
    print(f"Installing {name}", flush=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"]
    if subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / name)], check=False).returncode:
        raise LaunchError(f"{name} could not be installed (see above).")
