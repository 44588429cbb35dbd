"""The account that servers run as when we are root: PostgreSQL refuses to be root, and Valkey need not be."""

import os
import pwd
from pathlib import Path
from typing import Any

from launch.errors import LaunchError

NAME = "nobody"


def server_account() -> pwd.struct_passwd | None:
    """Return the unprivileged account, or None where we are not root and servers run as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise LaunchError(f'PostgreSQL cannot run as root, and there is no account "{NAME}" to run it as.') from None


def as_server() -> dict[str, Any]:
    """Return arguments for subprocess that make a program run as the servers' account, in a place it can stand in."""
    account = server_account()
    if account is None:
        return {"cwd": "/"}
    return {"cwd": "/", "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def own(path: Path, mode: int) -> Path:
    """Give a file or directory to the servers' account alone."""
    if account := server_account():
        os.chown(path, account.pw_uid, account.pw_gid)
    path.chmod(mode)
    return path
