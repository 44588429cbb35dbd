"""Where things live in a checkout and beside it."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
VAR = ROOT / "var"


def data_directory() -> Path:
    """Return the directory of this checkout's PostgreSQL and Valkey: var/, or for root one outside the checkout.

    PostgreSQL refuses to run as root, and the account that it runs as then may not reach into the checkout. The name
    comes from the checkout's path, so that two checkouts do not share data.
    """
    if os.geteuid() != 0:
        return VAR
    name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    return Path("/var/tmp") / f"prilavok-{name}"
