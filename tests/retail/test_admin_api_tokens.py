from datetime import timedelta

import pytest
from django.utils import timezone

from retail.choices import Role
from retail.models import ApiToken
from retail.services import api_tokens
from tests.factories.people import UserFactory
from tests.retail.admin import errors_of, page, signed_in

pytestmark = pytest.mark.django_db

NAME = "retail_apitoken"


def token_of(user, **fields):
    return api_tokens.create(user=user, name="1С", by=user, now=timezone.now(), **fields)[0]


def listed(client, **filters):
    return list(client.get(page(f"{NAME}_changelist"), filters).context["cl"].result_list)


def test_a_token_is_shown_once_and_works():
    accountant = UserFactory(role=Role.ACCOUNTANT)
    client = signed_in(accountant)

    made = client.post(page(f"{NAME}_add"), {"name": "1С", "expires_at_0": "", "expires_at_1": ""})

    row = ApiToken.objects.get()
    token = made.context["token"]
    assert token in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert api_tokens.identify(token=token, now=timezone.now()).user == accountant
    assert (row.created_by, row.expires_at) == (accountant, None)
    assert token not in client.get(page(f"{NAME}_change", row.pk)).content.decode()


def test_a_person_makes_tokens_for_himself_only():
    other = UserFactory()

    signed_in(UserFactory(role=Role.OPERATOR, username="me")).post(page(f"{NAME}_add"), {"name": "x", "user": other.pk})

    assert ApiToken.objects.get().user.username == "me"


def test_an_administrator_makes_tokens_for_the_account_of_a_program():
    robot = UserFactory(role=Role.ACCOUNTANT)

    signed_in(UserFactory(role=Role.ADMINISTRATOR)).post(page(f"{NAME}_add"), {"name": "x", "user": robot.pk})

    assert ApiToken.objects.get().user == robot


def test_an_administrator_makes_no_token_for_a_superuser():
    superuser = UserFactory(is_superuser=True)
    client = signed_in(UserFactory(role=Role.ADMINISTRATOR))

    refused = client.post(page(f"{NAME}_add"), {"name": "x", "user": superuser.pk})

    assert "user" in refused.context["adminform"].form.errors
    assert not ApiToken.objects.exists()


def test_a_token_that_would_never_work_is_refused():
    client = signed_in(UserFactory(role=Role.OPERATOR))

    refused = client.post(page(f"{NAME}_add"), {"name": "x", "expires_at_0": "2020-01-01", "expires_at_1": "00:00"})

    assert "expires later than now" in errors_of(refused)


def test_a_person_sees_and_revokes_his_own_tokens_only():
    me = UserFactory(role=Role.MERCHANDISER)
    mine, others = token_of(me), token_of(UserFactory())
    client = signed_in(me)

    assert listed(client) == [mine]
    client.post(page(f"{NAME}_revoke_token", others.pk))
    client.post(page(f"{NAME}_revoke_token", mine.pk))

    mine.refresh_from_db()
    others.refresh_from_db()
    assert (mine.revoked_by, others.revoked_at) == (me, None)


def test_an_administrator_revokes_anybodys_but_a_superusers():
    theirs, above = token_of(UserFactory()), token_of(UserFactory(is_superuser=True))
    client = signed_in(UserFactory(role=Role.ADMINISTRATOR))

    assert listed(client) == [theirs]
    asked = client.get(page(f"{NAME}_revoke_token", theirs.pk))
    client.post(page(f"{NAME}_revoke_token", theirs.pk))
    client.post(page(f"{NAME}_revoke_token", above.pk))

    theirs.refresh_from_db()
    above.refresh_from_db()
    assert asked.status_code == 200
    assert theirs.revoked_at
    assert above.revoked_at is None


def test_a_token_revoked_twice_says_so():
    me = UserFactory(role=Role.MERCHANDISER)
    token = token_of(me)
    client = signed_in(me)
    client.post(page(f"{NAME}_revoke_token", token.pk))

    again = client.post(page(f"{NAME}_revoke_token", token.pk), follow=True)

    assert "has been revoked already" in again.content.decode()


def test_a_token_is_neither_edited_nor_deleted():
    superuser = UserFactory(is_superuser=True)
    token = token_of(superuser)
    client = signed_in(superuser)

    assert client.post(page(f"{NAME}_change", token.pk), {"name": "other"}).status_code == 403
    assert client.post(page(f"{NAME}_delete", token.pk), {"post": "yes"}).status_code == 403


def test_tokens_that_work_are_told_from_those_that_ended():
    me = UserFactory(is_superuser=True)
    works, soon, ended = token_of(me), token_of(me, expires_at=timezone.now() + timedelta(days=1)), token_of(me)
    api_tokens.revoke(token=ended, by=me, now=timezone.now())
    client = signed_in(me)

    assert listed(client, state="live") == [soon, works]
    assert listed(client, state="ended") == [ended]


def test_the_list_asks_as_much_for_many_tokens_as_for_one(django_assert_max_num_queries):
    for _ in range(10):
        token_of(UserFactory())
    client = signed_in()

    with django_assert_max_num_queries(12):
        assert len(listed(client)) == 10
