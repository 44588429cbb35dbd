"""What every request passes through."""

import logging

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from prometheus_client import REGISTRY

from config import middleware

pytestmark = pytest.mark.django_db


def told(caplog):
    return [record.msg for record in caplog.records if record.name == "config.middleware"]


def test_an_answer_carries_the_id_that_is_on_its_log_line(client, caplog):
    caplog.set_level(logging.INFO)

    response = client.get("/admin/login/")

    [line] = told(caplog)
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/admin/login/", 200)


@pytest.mark.parametrize("offered", ["", "two words", "x" * 65, "ид", "a\nb"])
def test_an_id_that_is_not_one_is_not_believed(client, offered):
    response = client.get("/healthz", headers={"X-Request-ID": offered})

    assert response["X-Request-ID"] != offered
    assert len(response["X-Request-ID"]) == 16


def test_an_id_that_a_proxy_gave_is_kept(client):
    response = client.get("/healthz", headers={"X-Request-ID": "proxy-17"})

    assert response["X-Request-ID"] == "proxy-17"


def test_watchmen_leave_no_line(client, caplog):
    caplog.set_level(logging.INFO)

    client.get("/healthz")

    assert told(caplog) == []


def test_the_log_names_a_person_who_was_asked_for(admin_client, admin_user, caplog):
    caplog.set_level(logging.INFO)

    admin_client.get("/admin/")

    assert told(caplog)[-1]["user"] == admin_user.pk


def test_requests_are_counted_by_route_and_not_by_path(client):
    labels = {"method": "GET", "route": "unknown", "status": "404"}
    before = REGISTRY.get_sample_value("http_requests_total", labels) or 0

    client.get("/nothing-here")
    client.get("/nothing-there")

    assert REGISTRY.get_sample_value("http_requests_total", labels) == before + 2


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        (1, "", "10.0.0.1"),
    ],
)
def test_an_address_is_believed_from_our_proxies_alone(rf, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded})

    assert middleware.client_address(request) == address


def answer_of(layer, rf, path):
    """Return what a request had on it when it came to the view."""
    seen = []

    def view(request):
        seen.append(set(vars(request)))
        return HttpResponse()

    request = rf.get(path)
    request.session, request.user = {}, AnonymousUser()
    before = set(vars(request))
    layer(view)(request)
    return seen[0] - before


def test_registers_go_around_what_serves_people(rf):
    assert answer_of(middleware.MessageMiddleware, rf, "/admin/") == {"_messages"}
    assert answer_of(middleware.MessageMiddleware, rf, "/kkm/v1/stock") == set()


def test_a_session_opens_nothing_to_registers_addresses(client):
    client.force_login(User.objects.create_superuser("boss"))

    assert client.get("/kkm/v1/settings").status_code == 401
