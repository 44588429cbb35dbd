"""The menu of the admin."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from config.settings.admin import UNFOLD

pytestmark = pytest.mark.django_db


def lines(request):
    for section in UNFOLD["SIDEBAR"]["navigation"]:
        for item in section["items"]:
            if item["permission"](request):
                yield item["link"](request)


def test_menu_shows_everything_that_is_there_to_a_superuser(rf):
    request = rf.get("/admin/")
    request.user = User(is_superuser=True, is_active=True)

    assert reverse("admin:auth_user_changelist") in list(lines(request))
    assert "#" not in list(lines(request))


def test_menu_shows_nothing_to_one_who_may_see_nothing(rf):
    request = rf.get("/admin/")
    request.user = User.objects.create_user("guard")

    assert list(lines(request)) == []


def test_first_page_of_the_admin_opens(admin_client):
    assert admin_client.get("/admin/").status_code == 200
