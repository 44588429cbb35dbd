"""Ports: which is free, and whether the one we want is."""

import errno
import os
import socket

from launch.errors import LaunchError


def free_port() -> int:
    """Return a port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_from_environment(name: str, default: int) -> int:
    """Read a port number, or raise LaunchError in words."""
    value = os.environ.get(name, "") or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise LaunchError(f'{name} must be a port number, and "{value}" is not.')
    return int(value)


def check_is_free(port: int, *, host: str, purpose: str, variable: str) -> None:
    """Raise LaunchError if someone listens on the port, saying how to choose another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise LaunchError(f"HOST={host}: {error.strerror}.") from None
            why = "is taken" if error.errno == errno.EADDRINUSE else "is not ours to use"
            raise LaunchError(
                f"Port {port} ({purpose}) {why}: choose another, for example {variable}={port + 10} script/server"
            ) from None
