import pytest
from django.contrib.auth.models import Group, User

from retail.choices import Role
from tests.factories.people import UserFactory
from tests.retail.admin import form_of, page, signed_in

pytestmark = pytest.mark.django_db

NEW = {"username": "petrova", "password1": "nine-green-cups", "password2": "nine-green-cups"}


@pytest.fixture
def administrator():
    return signed_in(UserFactory(role=Role.ADMINISTRATOR))


def test_a_new_person_may_sign_in_with_a_role(administrator):
    role = Group.objects.get(name=Role.ACCOUNTANT)

    administrator.post(page("auth_user_add"), {**NEW, "groups": [role.pk]})

    user = User.objects.get(username="petrova")
    assert user.is_staff
    assert user.has_perm("stock.change_wholesaleinvoice")


def test_an_administrator_makes_nobody_a_superuser(administrator):
    user = UserFactory()
    url = page("auth_user_change", user.pk)

    administrator.post(url, form_of(administrator.get(url), is_superuser="on"))

    assert not User.objects.get(pk=user.pk).is_superuser


def test_an_administrator_does_not_take_over_a_superuser(administrator):
    superuser = UserFactory(is_superuser=True)
    passwords = {"password1": "nine-green-cups", "password2": "nine-green-cups"}

    assert administrator.post(page("auth_user_change", superuser.pk), {"username": "mine"}).status_code == 403
    assert administrator.post(page("auth_user_password_change", superuser.pk), passwords).status_code == 403
    assert administrator.post(page("auth_user_delete", superuser.pk), {"post": "yes"}).status_code == 403


def test_a_superuser_makes_another():
    user = UserFactory()
    client = signed_in()
    url = page("auth_user_change", user.pk)

    client.post(url, form_of(client.get(url), is_superuser="on"))

    assert User.objects.get(pk=user.pk).is_superuser


def test_people_are_found_by_role(administrator):
    UserFactory(role=Role.OPERATOR, username="operator")
    role = Group.objects.get(name=Role.OPERATOR)

    response = administrator.get(page("auth_user_changelist"), {"role": role.pk})

    assert [user.username for user in response.context["cl"].result_list] == ["operator"]


def test_our_roles_keep_their_names_and_are_not_deleted(administrator):
    group = Group.objects.get(name=Role.ACCOUNTANT)
    url = page("auth_group_change", group.pk)

    administrator.post(url, form_of(administrator.get(url), name="Another"))

    assert Group.objects.filter(name=Role.ACCOUNTANT).exists()
    assert administrator.post(page("auth_group_delete", group.pk), {"post": "yes"}).status_code == 403


def test_a_role_of_ones_own_is_made_and_deleted(administrator):
    administrator.post(page("auth_group_add"), {"name": "Cleaner"})
    group = Group.objects.get(name="Cleaner")

    assert administrator.get(page("auth_group_change", group.pk)).status_code == 200
    administrator.post(page("auth_group_delete", group.pk), {"post": "yes"})

    assert not Group.objects.filter(name="Cleaner").exists()


def test_the_list_shows_roles_by_their_titles_and_how_many_hold_them(administrator):
    UserFactory.create_batch(2, role=Role.OPERATOR)

    shown = administrator.get(page("auth_group_changelist"), HTTP_ACCEPT_LANGUAGE="en").content.decode()

    assert "Register operator" in shown
