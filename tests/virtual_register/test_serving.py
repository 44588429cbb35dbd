"""A register that is fetched from: what it gives, and when it lets go of it."""

import json
import socket
import threading
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from tests.virtual_register.fake import TOKEN
from virtual_register import serving
from virtual_register.register import Register
from virtual_register.server import Server
from virtual_register.store import Store


@pytest.fixture
def ask(served, fake, tmp_path):
    """Ask a register on a port of its own, where it answers each question from a memory opened beside it."""

    def ask(query="", *, key="", shown="none", path="/sales"):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        ready, failed = threading.Event(), []

        def answer():
            server = Server("http://till.test", TOKEN, transport=fake.transport())
            register = Register(Store(tmp_path / "served.sqlite"), server, name="1", clock=lambda: datetime.now(UTC))
            try:
                ready.set()
                serving.serve(register, host="127.0.0.1", port=port, key=key, questions=1, seconds=5)
            except OSError as error:
                failed.append(error)
            finally:
                register.close()

        thread = threading.Thread(target=answer)
        thread.start()
        ready.wait(5)
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(transport=transport, trust_env=False) as client:
            response = client.get(
                f"http://127.0.0.1:{port}{path}?{query}", headers={"Authorization": f"Bearer {shown}"}
            )
        thread.join(5)
        assert not failed
        return response

    return ask


@pytest.fixture
def served(make):
    """A register with four transactions, in the memory that `ask` opens."""
    register = make("served", offline=True)
    for amount in (1, 2, 3):
        register.cash("cash_in", Decimal(amount))
    return register


def numbers(response):
    return [one["number"] for one in json.loads(response.content)["transactions"]]


def test_what_is_kept_is_given_until_the_cursor_comes_back(served, ask):
    first = ask("limit=2")
    again = ask("limit=2")
    cursor = json.loads(first.content)["after"]
    second = ask(f"after={cursor}&limit=10")

    assert numbers(first) == numbers(again)
    assert len(numbers(first)) == len(numbers(second)) == 2
    assert json.loads(first.content)["more"] is True
    assert json.loads(second.content)["more"] is False
    assert served.outbox.waiting_count() == 2


def test_a_cursor_of_another_memory_is_not_known(served, ask):
    assert ask("after=99999999999").status_code == 410
    assert ask("after=x").status_code == 410
    assert served.outbox.waiting_count() == 4


def test_nothing_is_given_without_the_key_or_at_another_address(served, ask):
    assert ask(key="right", shown="wrong").status_code == 401
    assert ask(key="right", shown="right").status_code == 200
    assert ask(path="/").status_code == 404


def test_a_register_that_is_fetched_from_tells_and_uploads_nothing(make, fake):
    register = make("served")
    register.pulled = True

    serving.tell(register, shift_closed=True)

    assert fake.calls[-1] == ("POST", "uploads", {"event": "shift_close"})
