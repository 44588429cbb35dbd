"""The menu of the admin."""

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.urls import reverse

from config import list_views
from config.settings.admin import UNFOLD
from retail.choices import Role
from tests.factories.people import UserFactory
from tests.retail.admin import signed_in

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


OF_OTHERS = {"auth", "axes"}  # People and their roles are never none; sign-ins are another package's.


def test_every_list_says_what_it_holds_and_leads_to_a_list_that_is_there():
    lists = {model._meta.label: shown for model, shown in site._registry.items()}
    ours = {label: shown for label, shown in lists.items() if label.split(".")[0] not in OF_OTHERS}
    silent = [label for label, shown in ours.items() if not getattr(shown, "empty_says", "")]
    leads = {shown.empty_leads_to for shown in ours.values() if hasattr(shown, "empty_leads_to")}

    assert silent == ["retail.Constants"]
    assert leads <= {label.lower() for label in lists}


def test_an_empty_list_says_how_it_is_filled_and_a_narrowed_one_that_nothing_fits():
    client = signed_in()

    empty = client.get(reverse("admin:registers_receipt_changelist")).content.decode()
    narrowed = client.get(reverse("admin:registers_receipt_changelist"), {"q": "404"}).content.decode()

    assert "Receipts come here from registers by themselves." in empty
    assert reverse("admin:registers_register_changelist") in empty
    assert "Nothing fits" in narrowed
    assert "Receipts come here" not in narrowed


@pytest.mark.parametrize("role", Role)
def test_sections_stand_in_the_order_of_the_trade_and_no_section_is_empty(rf, role):
    request = rf.get("/admin/")
    request.user = UserFactory(role=role)

    shown = [
        str(section["title"])
        for section in UNFOLD["SIDEBAR"]["navigation"]
        if any(item["permission"](request) for item in section["items"])
    ]
    page = signed_in(request.user).get("/admin/").content.decode()

    order = ["Sales", "Stock", "Registers", "Cards", "Exchange", "Reference", "Settings"]
    assert shown == [title for title in order if title in shown]
    assert set(order) - set(shown) <= {"Settings"}
    assert page.count("has-[ol]:has-[li]:block") >= len(shown)


@pytest.mark.parametrize("label", list_views.VIEWS)
def test_saved_views_of_a_list_narrow_it_and_the_one_shown_is_marked(label):
    client = signed_in()
    [tabs] = client.get(reverse(f"admin:{label.replace('.', '_')}_changelist")).context["tab_list"]

    for tab in tabs["items"]:
        response = client.get(tab["link"])
        [shown] = response.context["tab_list"]
        assert [item["link"] for item in shown["items"] if item["active"]] == [tab["link"]]
        assert bool(response.context["cl"].has_active_filters) is ("?" in tab["link"]), tab["link"]
        assert response.context["cl"].params.get("e") is None
