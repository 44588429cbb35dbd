"""What every test gets: no network but this machine's own. And the language, for those that look at pages."""

import ipaddress
import socket

import pytest

_connect = socket.socket.connect


def _connect_nearby(self, address):
    if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
        raise AssertionError(f"A test tried to reach {address[0]}: only this machine is open to tests.")
    return _connect(self, address)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _connect_nearby)
    yield
    patch.undo()


@pytest.fixture
def in_russian(settings):
    """Pages, numbers and dates as most people see them; without it a test hears the English of the sources."""
    settings.LANGUAGE_CODE = "ru"
