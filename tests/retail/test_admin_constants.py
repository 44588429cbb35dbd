import pytest

from retail.choices import Role
from retail.models import Constants
from tests.factories.people import UserFactory
from tests.retail.admin import errors_of, form_of, page, signed_in

pytestmark = pytest.mark.django_db

URL = "/admin/retail/constants/1/change/"


def test_the_list_of_constants_is_their_form():
    response = signed_in().get(page("retail_constants_changelist"))

    assert response.url == URL


def test_constants_are_edited_on_tabs_and_stay_there():
    client = signed_in()
    shown = client.get(URL)

    response = client.post(URL, form_of(shown, packet_size=500, weighed_prefixes="20,21"))

    constants = Constants.objects.get()
    assert response.url == URL
    assert (constants.packet_size, constants.weighed_prefixes) == (500, "20,21")
    assert all("tab" in options["classes"] for _title, options in shown.context["adminform"].fieldsets)


@pytest.mark.parametrize(
    ("field", "value"),
    [("weighed_prefixes", "19"), ("weighed_prefixes", "20;21"), ("packet_size", "-1"), ("reservation_minutes", "0")],
)
def test_a_constant_that_makes_no_sense_is_refused(field, value):
    client = signed_in()

    response = client.post(URL, form_of(client.get(URL), **{field: value}))

    assert field in errors_of(response)


def test_there_is_one_row_for_ever():
    client = signed_in()

    assert client.get("/admin/retail/constants/add/").status_code == 403
    assert client.post("/admin/retail/constants/1/delete/", {"post": "yes"}).status_code == 403


def test_only_an_administrator_edits_constants():
    for role in Role:
        client = signed_in(UserFactory(role=role))
        assert (client.get(URL).status_code == 200) is (role == Role.ADMINISTRATOR)
