import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from config import roles
from config.apps import grant_roles
from retail.choices import Role
from retail.models import RoleGrant

pytestmark = pytest.mark.django_db


def _permission(codename):
    return Permission.objects.get(codename=codename)


def _held(role):
    held = Group.objects.get(name=role.value).permissions
    return set(held.values_list("content_type__app_label", "codename"))


@pytest.mark.parametrize("role", Role)
def test_every_role_is_there_with_its_permissions_after_migration(role):
    assert _held(role) == set(roles.codenames(role))


def test_every_permission_that_is_listed_exists():
    known = set(Permission.objects.values_list("content_type__app_label", "codename"))

    assert {key for role in Role for key in roles.codenames(role)} <= known


def test_granting_again_changes_nothing(django_assert_max_num_queries):
    before = set(RoleGrant.objects.values_list("pk", flat=True))

    with django_assert_max_num_queries(30):
        grant_roles()

    assert set(RoleGrant.objects.values_list("pk", flat=True)) == before


def test_what_a_later_release_lists_is_granted(monkeypatch):
    listed = {**roles.PERMISSIONS[Role.ACCOUNTANT], "retail.constants": "change"}
    monkeypatch.setitem(roles.PERMISSIONS, Role.ACCOUNTANT, listed)

    roles.grant()

    assert ("retail", "change_constants") in _held(Role.ACCOUNTANT)


def test_what_an_administrator_took_away_stays_away_and_what_he_added_stays():
    group = Group.objects.get(name=Role.ACCOUNTANT)
    group.permissions.remove(_permission("change_wholesaleinvoice"))
    group.permissions.add(_permission("delete_constants"))

    roles.grant()

    assert ("stock", "change_wholesaleinvoice") not in _held(Role.ACCOUNTANT)
    assert ("retail", "delete_constants") in _held(Role.ACCOUNTANT)


def test_a_permission_of_an_application_that_is_not_there_yet_is_passed_over(monkeypatch):
    monkeypatch.setitem(roles.PERMISSIONS, Role.OPERATOR, {"nowhere.nothing": "view"})

    roles.grant()

    assert Group.objects.filter(name=Role.OPERATOR).exists()


def test_a_migration_that_has_nothing_to_do_grants_roles():
    Group.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert Group.objects.count() == len(Role)


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (Role.MERCHANDISER, "retail.change_price", "retail.change_constants"),
        (Role.MERCHANDISER, "registers.change_register", "stock.change_wholesaleinvoice"),
        (Role.ACCOUNTANT, "stock.post_wholesaleinvoice", "retail.change_price"),
        (Role.OPERATOR, "exchange.add_registerload", "retail.change_item"),
        (Role.ADMINISTRATOR, "auth.add_user", "registers.change_receipt"),
    ],
)
def test_a_role_may_do_its_own_work_and_not_that_of_others(role, may, may_not):
    held = {f"{app}.{codename}" for app, codename in _held(role)}

    assert may in held
    assert may_not not in held
