"""Whoever guesses passwords is held up."""

import pytest
from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lock(settings):
    settings.AXES_ENABLED = True
    settings.TRUSTED_PROXIES = 1


def sign_in(client, password, address):
    words = {"username": "boss", "password": password}
    return client.post("/admin/login/", words, headers={"X-Forwarded-For": address}).status_code


def test_guesses_lock_a_name_for_the_guessers_address_alone(client):
    User.objects.create_superuser("boss", password="right")

    for _ in range(5):
        sign_in(client, "wrong", "1.2.3.4")

    assert sign_in(client, "right", "1.2.3.4") == 429
    assert sign_in(client, "right", "5.6.7.8") == 302
