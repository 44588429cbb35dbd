"""Production settings refuse to guess."""

import os
import subprocess
import sys

import pytest

TOLD = {
    "SECRET_KEY": "0123456789" * 5 + "abc",
    "ALLOWED_HOSTS": "back-office.example.ru",
    "DATABASE_URL": "postgresql://prilavok@localhost/prilavok",
    "REDIS_URL": "redis://localhost/0",
    "HTTPS": "on",
}


def load(**environ):
    """Load production settings in a fresh process, and return what it printed and what it complained of."""
    known = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    program = (
        "from config.settings import production as p; "
        "print(p.SECURE_SSL_REDIRECT, p.SECURE_HSTS_SECONDS, p.SESSION_COOKIE_SECURE, "
        "getattr(p, 'SECURE_PROXY_SSL_HEADER', None))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=known | environ, capture_output=True, text=True)
    return done.stdout.strip(), done.stderr.strip().rpartition("\n")[2]


def test_production_starts_when_told_everything():
    assert load(**TOLD) == ("True 31536000 True None", "")


@pytest.mark.parametrize("name", sorted(TOLD))
def test_production_names_what_it_was_not_told(name):
    _, complaint = load(**{key: value for key, value in TOLD.items() if key != name})

    assert complaint.startswith(f"django.core.exceptions.ImproperlyConfigured: Set {name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("ALLOWED_HOSTS", "shop.example.ru, *"),
        ("HTTPS", "maybe"),
        ("JOURNAL_BODIES_DAYS", "-5"),
        ("MESSAGES_DAYS", "0"),
    ],
)
def test_production_refuses_what_is_unsafe(name, value):
    _, complaint = load(**TOLD | {name: value})

    assert complaint.startswith(f"django.core.exceptions.ImproperlyConfigured: Set {name} to ")


def test_production_does_without_https_only_when_told_aloud():
    assert load(**TOLD | {"HTTPS": "off"}) == ("False 0 False None", "")


def test_production_trusts_a_proxy_only_when_told():
    told, _ = load(**TOLD | {"SECURE_PROXY_HEADER": "X-Forwarded-Proto"})

    assert told.endswith("('HTTP_X_FORWARDED_PROTO', 'https')")
