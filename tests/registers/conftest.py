"""What tests of registers share: the moment, threads with connections of their own, and signed-in people."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from config.roles import Role
from tests.factories.people import UserFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def in_thread() -> Iterator[Callable[..., "Future[Any]"]]:
    """Run a function in a thread of its own: `in_thread(function, **arguments)` returns a future."""

    def start(function: Callable[..., Any], **arguments: Any) -> "Future[Any]":
        def work() -> Any:
            try:
                return function(**arguments)
            finally:
                connections.close_all()

        return pool.submit(work)

    with ThreadPoolExecutor(max_workers=16) as pool:
        yield start


@pytest.fixture
def at_once(in_thread) -> Callable[..., list[Any]]:
    """Run calls in threads let go at the same moment; return what each returned, or the error it raised."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        barrier = threading.Barrier(len(calls), timeout=10)

        def wait_and(call: Callable[[], Any]) -> Any:
            barrier.wait()
            return call()

        futures = [in_thread(wait_and, call=call) for call in calls]
        return [future.exception(timeout=20) or future.result() for future in futures]

    return run


@pytest.fixture
def merchandiser(db):
    return UserFactory(role=Role.MERCHANDISER)


@pytest.fixture
def signed_in(merchandiser) -> Client:
    """A browser in which a merchandiser is signed in, in English."""
    return browser_of(merchandiser)


def browser_of(user, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client
