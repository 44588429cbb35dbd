"""A register at the other end of the line."""

import json
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from registers.models import Register
from registers.services import tokens
from tests.exchange.pulled import PulledTill
from tests.factories.registers import RegisterFactory
from tests.messages import body
from tests.registers.conftest import in_thread  # noqa: F401 - a fixture.


class Till:
    """Speaks to the service as a register does; every answer comes as (status, content)."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.token = tokens.create(register=register, now=timezone.now())
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> tuple[int, Any]:
        sign = {"Authorization": f"Bearer {self.token}", **headers}
        content = {} if data is None else {"data": data, "content_type": "application/json"}
        response = getattr(self.client, method)(f"/kkm/v1/{path}", headers=sign, **content)
        return response.status_code, json.loads(response.content)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("get", path, **headers)

    def tell(self, *transactions: dict[str, Any]) -> tuple[int, Any]:
        return self.call("post", "transactions", body(*transactions))

    def load(self, feed: str, cursor: str = "") -> tuple[list[Any], str]:
        """Read a feed to its end; return every row and the cursor to ask with next."""
        rows, more = [], True
        while more:
            status, packet = self.get(f"{feed}?cursor={cursor}" if cursor else feed)
            assert status == 200, packet
            rows += packet["changes" if feed == "stock" else feed]
            cursor, more = packet["cursor"], packet["more"]
        return rows, cursor


@pytest.fixture
def till(db):
    return Till(RegisterFactory())


@pytest.fixture
def second_till(till):
    """Another register of the same warehouse."""
    return Till(RegisterFactory(warehouse=till.register.warehouse))


@pytest.fixture
def new_till(till):
    """Make a register of the same warehouse with other settings."""
    return lambda **fields: Till(RegisterFactory(**{"warehouse": till.register.warehouse, **fields}))


@pytest.fixture
def pulled(settings):
    """A register's own service, in a network that we go to."""
    settings.REGISTER_NETWORKS = [ip_network("127.0.0.0/8")]
    serving = PulledTill()
    yield serving
    serving.close()
