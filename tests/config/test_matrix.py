"""Who may open what: every page of the admin and every service, from their addresses, so that none can be forgotten."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils.translation import get_language

from config.site import Site
from launch import messages
from retail.choices import Role
from tests.config import roles_of_pages
from tests.config.everything import make_some, make_the_rest
from tests.config.pages import MODELS, pages
from tests.config.reading import nameless, page_of, untranslated
from tests.factories.people import UserFactory
from tests.retail.admin import signed_in

pytestmark = pytest.mark.django_db

BOSS = "superuser"
ALIKE = {"history", "export"}  # Of whoever may see the list: opened once for all, and refused to each.


class _Notes(list[Any]):
    def add(self, *said: Any) -> None:
        self.append(said)


@pytest.fixture(scope="module")
def rows(django_db_setup, django_db_blocker):
    """A row of each model, made once for all who look."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_some(times=1)
        make_the_rest()
        yield pages()
        transaction.set_rollback(True)


@pytest.fixture
def look(monkeypatch, settings, rf):
    """Ask a page as somebody, short of writing HTML, and say what came of it: a status."""
    settings.TRAINING_TILL = True
    monkeypatch.setattr(Site, "get_sidebar_list", lambda *args: [])

    def ask(page, user):
        request: Any = rf.get(page.url)
        request.user, request.session, request._messages = user, {}, _Notes()
        try:
            response = page.view(request, **page.arguments, **page.given)
            if file := getattr(response, "file_to_stream", None):
                file.close()  # Closing the answer would close the connection.
            return response.status_code
        except PermissionDenied:
            return 403
        except Http404:
            return 404

    return ask


def _is_open(page, status):
    if status == 404:
        return page.name in roles_of_pages.MISSING
    return status == 200 or (status == 302 and page.name not in roles_of_pages.OWN)


def _may(page, user):
    if roles_of_pages.is_never(page.name, page.model):
        return False
    wanted = roles_of_pages.permission_of(page.name, page.model)
    if page.name in roles_of_pages.OWN and not user.has_perm("auth.change_user"):
        return False  # The row is somebody else's.
    return wanted is None or user.has_perm(wanted)


@pytest.mark.usefixtures("rows")
def test_every_model_of_the_admin_has_a_row_here():
    assert {name for name, model in MODELS.items() if not model._default_manager.exists()} == set()


@pytest.mark.parametrize("who", [BOSS, None, *Role])
def test_pages_open_to_whoever_may_open_them_and_to_nobody_else(rows, look, who):
    user = UserFactory(is_superuser=True) if who == BOSS else UserFactory(role=who)
    asked = [page for page in rows if page.name not in roles_of_pages.POSTED]

    wrong = {}
    for page in asked:
        if page.verb in ALIKE and who != BOSS and _may(page, user):
            continue
        status = look(page, user)
        if _is_open(page, status) is not _may(page, user):
            wrong[page.name] = status

    assert wrong == {}
    assert len(asked) > 400


def test_pages_send_strangers_to_sign_in(rows, look):
    fired = UserFactory(is_superuser=True, is_active=False)
    customer = UserFactory(is_superuser=True, is_staff=False)

    answers = {look(page, who) for page in rows for who in (AnonymousUser(), fired, customer)}

    assert answers == {302}


# How they look

STATEMENTS = 25
# Where all that hangs on a row is looked for, and where rows of every kind are named.
MANY = {"auth_user_delete", "registers_register_delete", "retail_edit_changelist"}
SEEN_ONCE = {"history", "export", "delete"}  # Of one page for all: rendered for one model.
# Of other packages, or what somebody has typed.
NAMES = {
    "prilavok", "Administrator", "admin", "Salt", "somebody", "a program", "A program", "a coin", "none", "null",
    "true", "kkmtransfer", "number", "User Agent", "HTTP Accept", "Status", "Task Name", "Human readable",
    "<asked/>",
}  # fmt: skip
FOREIGN = ("axes_", "django_celery_beat_", "retail_edit_")


@pytest.fixture(scope="module")
def catalogues():
    messages.compile_catalogues()


def _is_looked_at(page):
    if page.name in roles_of_pages.POSTED | roles_of_pages.MISSING or roles_of_pages.is_never(page.name, page.model):
        return False
    return page.verb not in SEEN_ONCE or page.model == "retail_warehouse"


def _walk(client, asked):
    """Open pages; return what is wrong with each, and how many were read."""
    wrong, read = {}, 0
    for page in asked:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(page.url)
        if response.streaming:
            b"".join(response.streaming_content)  # Which closes the file.
        if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
            if response.status_code not in {200, 302}:
                wrong[page.name] = {str(response.status_code)}
            continue
        shown = page_of(response.content)
        read += 1
        said = nameless(shown)
        if get_language() == "ru" and not page.name.startswith(FOREIGN):
            said |= untranslated(shown, names=NAMES)
        if len(queries) > STATEMENTS and page.name not in MANY:
            said.add(f"{len(queries)} statements")
        if said:
            wrong[page.name] = said
    return wrong, read


@pytest.mark.usefixtures("in_russian", "catalogues")
def test_every_page_reads_well_in_russian(rows, settings, monkeypatch):
    settings.TRAINING_TILL = True

    boss = signed_in()
    assert _walk(boss, rows[:1])[0] == {}
    monkeypatch.setattr(Site, "get_sidebar_list", lambda *args: [])  # Every page has the same menu.

    wrong, read = _walk(boss, filter(_is_looked_at, rows))

    assert wrong == {}
    assert read > 150


@pytest.mark.slow
@pytest.mark.usefixtures("catalogues")
@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("who", [BOSS, *Role])
def test_every_page_reads_well_to_each_role(rows, settings, who, language):
    settings.TRAINING_TILL, settings.LANGUAGE_CODE = True, language
    user = UserFactory(is_superuser=True) if who == BOSS else UserFactory(role=who)

    wrong, _read = _walk(signed_in(user), (page for page in rows if _is_looked_at(page) and _may(page, user)))

    assert wrong == {}
