import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from retail.choices import Role
from retail.models import ApiToken
from retail.services import api_tokens
from tests.factories.people import UserFactory
from tests.retail.programs import Program, refusal

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make(**fields):
    user = fields.pop("user", None) or UserFactory()
    return api_tokens.create(user=user, name="1С", by=user, now=NOW, **fields)


def test_only_a_digest_of_a_token_is_kept():
    row, token = make()

    assert token.startswith("pra_")
    assert row.digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(ApiToken.objects.values().get(pk=row.pk))


def test_a_token_finds_its_person_and_its_use_is_noted_once_a_minute(django_assert_num_queries):
    row, token = make()

    found = api_tokens.identify(token=token, now=NOW)
    with django_assert_num_queries(1):
        api_tokens.identify(token=token, now=NOW + timedelta(seconds=59))
    with django_assert_num_queries(2):
        api_tokens.identify(token=token, now=NOW + timedelta(seconds=61))

    row.refresh_from_db()
    assert found.user == row.user
    assert row.last_used_at == NOW + timedelta(seconds=61)


def test_a_token_that_is_not_known_lets_nobody_in():
    with pytest.raises(api_tokens.UnknownToken):
        api_tokens.identify(token="pra_nobody", now=NOW)


def test_a_revoked_token_lets_nobody_in_and_is_revoked_once():
    row, token = make()

    api_tokens.revoke(token=row, by=row.user, now=NOW)

    with pytest.raises(api_tokens.RevokedToken):
        api_tokens.identify(token=token, now=NOW)
    with pytest.raises(api_tokens.AlreadyRevoked):
        api_tokens.revoke(token=row, by=row.user, now=NOW)
    assert not ApiToken.objects.live(at=NOW).exists()


def test_a_token_lets_in_until_it_expires():
    _row, token = make(expires_at=NOW + timedelta(days=1))

    assert api_tokens.identify(token=token, now=NOW + timedelta(hours=23))
    with pytest.raises(api_tokens.ExpiredToken):
        api_tokens.identify(token=token, now=NOW + timedelta(days=1))


def test_a_token_does_not_expire_before_it_is_made():
    with pytest.raises(api_tokens.EndsBeforeItBegins):
        make(expires_at=NOW)


def test_a_token_is_worth_nothing_once_its_person_may_not_sign_in():
    row, token = make()
    row.user.is_active = False
    row.user.save()

    with pytest.raises(api_tokens.PersonInactive):
        api_tokens.identify(token=token, now=NOW)


@pytest.mark.parametrize("sign", ["Bearer pra_nobody", "Bearer ", "bearer x", "Basic YTpi", "Bearer \udcff"])
def test_whoever_is_not_known_is_told_how_to_sign(sign):
    response = Client().get("/api/v1/items", headers={"Authorization": sign.encode("utf-8", "replace").decode()})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_session_reads_but_writes_with_its_csrf_token_only():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/api/v1/items").status_code == 200
    refused = client.post("/api/v1/prices", {"prices": []}, content_type="application/json")

    assert refusal((refused.status_code, refused.json())) == (403, "permission_denied", None)


def test_a_token_needs_no_csrf_token():
    program = Program()
    program.client = Client(enforce_csrf_checks=True)

    assert refusal(program.post("prices", {"prices": []})) == (400, "min_length", "prices")


def test_a_token_may_what_its_person_may():
    operator = Program(UserFactory(role=Role.OPERATOR))

    assert operator.get("items")[0] == 200
    assert refusal(operator.post("prices", {"prices": []})) == (403, "permission_denied", None)
