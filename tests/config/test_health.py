"""What the balancer is told."""

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
