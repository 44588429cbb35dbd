"""What the balancer is told."""

import contextlib
import socket
import socketserver
import threading
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError

from config import health

pytestmark = pytest.mark.django_db


def test_healthz_answers_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert response.status_code == 200


def test_readyz_is_ready_when_everything_answers(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"database": "ok", "redis": "ok", "migrations": "ok"}}


def test_readyz_names_what_failed_without_telling_addresses(client, monkeypatch):
    def refuse():
        raise OperationalError("connection to 10.0.0.5 refused")

    monkeypatch.setitem(health.CHECKS, "database", refuse)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["checks"]["database"] == "OperationalError"
    assert "10.0.0.5" not in response.content.decode()


class Wire(socketserver.BaseRequestHandler):
    """A way to the real Redis that can be cut: what was connected before then hears nothing more."""

    def handle(self):
        with socket.create_connection(self.server.redis) as behind:
            for source, target in ((self.request, behind), (behind, self.request)):
                threading.Thread(target=self.pass_on, args=(source, target), daemon=True).start()
            self.server.over.wait(30)

    def pass_on(self, source, target):
        began = self.server.cut
        with contextlib.suppress(OSError):
            while (passed := source.recv(4096)) and self.server.cut == began:
                target.sendall(passed)


@pytest.fixture
def wire(settings):
    real = urlsplit(settings.REDIS_URL)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Wire) as server:
        server.daemon_threads, server.cut, server.over = True, 0, threading.Event()
        server.redis = (real.hostname, real.port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        user = f":{real.password}@" if real.password else ""
        settings.REDIS_URL = f"redis://{user}127.0.0.1:{server.server_address[1]}/0"
        yield server
        server.over.set()
        server.shutdown()


def test_readyz_believes_a_redis_that_has_come_back(client, wire):
    assert client.get("/readyz").json()["checks"]["redis"] == "ok"

    wire.cut += 1  # Whatever was connected is dead without knowing it.

    assert client.get("/readyz").json()["checks"]["redis"] == "ok"


def test_readyz_names_a_redis_that_is_away(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = client.get("/readyz")

    assert (response.status_code, response.json()["checks"]["redis"]) == (503, "ConnectionError")


def test_readyz_says_that_migrations_wait(client, monkeypatch):
    def waiting():
        raise health.NotReady("2 migrations are not applied")

    monkeypatch.setitem(health.CHECKS, "migrations", waiting)

    response = client.get("/readyz")

    assert response.json()["checks"]["migrations"] == "2 migrations are not applied"


def test_metrics_are_hidden_from_strangers(client, settings):
    settings.METRICS_TOKEN = "secret"

    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200


def test_metrics_are_hidden_from_everyone_when_no_token_is_set(client):
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_root_sends_people_to_the_admin(client):
    assert client.get("/").headers["Location"] == "/admin/"
