from datetime import UTC, datetime

import pytest

from tests.virtual_register.fake import TOKEN, FakeServer
from virtual_register.register import Register
from virtual_register.server import Server
from virtual_register.store import Store


@pytest.fixture
def fake():
    return FakeServer()


@pytest.fixture
def slept():
    """The seconds that a register slept, for want of time to really do it."""
    return []


@pytest.fixture
def make(fake, slept, tmp_path):
    """Make registers with a memory each; the same name again is the same register switched on again."""
    made = []

    def make(name="1", *, token=TOKEN, patience=10.0, **more):
        store = Store(tmp_path / f"{name}.sqlite")
        server = Server("http://till.test", token, patience=patience, sleep=slept.append, transport=fake.transport())
        register = Register(store, server, name=name, clock=lambda: datetime.now(UTC), **more)
        made.append(register)
        return register

    yield make
    for register in made:
        register.close()


@pytest.fixture
def register(make):
    """A register that has loaded its goods and stock."""
    register = make()
    register.settings()
    register.load()
    register.sync()
    return register
