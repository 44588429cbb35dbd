"""Register loads as people meet them in the admin."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from exchange.choices import LoadKind
from exchange.models import RegisterLoad
from exchange.services import loads
from retail.choices import DocumentState, Role
from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIST = "/admin/exchange/registerload/"


@pytest.fixture
def operator(client):
    user = UserFactory(role=Role.OPERATOR)
    client.force_login(user)
    return user


@pytest.fixture
def outsider(client):
    """Somebody who has nothing to do with loads."""
    client.force_login(UserFactory(role=Role.ACCOUNTANT))


@pytest.fixture(autouse=True)
def _english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


def page(load, *action):
    return "/".join([LIST.rstrip("/"), str(load.pk), *(action or ["change"]), ""])


def typed(*, registers=(), shops=(), warehouses=(), **fields):
    """What a browser sends for the form of a load."""
    return {
        "organization": fields.pop("organization", None) or OrganizationFactory().pk,
        "date_0": "2026-11-20",
        "date_1": "12:00:00",
        "kind": LoadKind.FULL,
        "comment": "",
        "registers": [register.pk for register in registers],
        "shops": [shop.pk for shop in shops],
        "warehouses": [warehouse.pk for warehouse in warehouses],
        **fields,
    }


def post(load):
    return loads.post(load=load, by=UserFactory(), now=timezone.now())


def chosen(load):
    return {line.register for line in load.lines.all()}


# Drafts


def test_a_load_is_drafted_with_chosen_registers_and_all_active_ones_of_a_shop_and_a_warehouse(client, operator):
    alone, in_shop, in_warehouse, elsewhere = RegisterFactory.create_batch(4)
    RegisterFactory(shop=in_shop.shop, active=False)

    answer = client.post(
        f"{LIST}add/",
        typed(registers=[alone], shops=[in_shop.shop], warehouses=[in_warehouse.warehouse], comment="Новые цены"),
    )

    assert answer.status_code == 302
    load = RegisterLoad.objects.get()
    assert (load.number, load.kind, load.comment, load.is_draft) == ("000001", "full", "Новые цены", True)
    assert chosen(load) == {alone, in_shop, in_warehouse}
    assert elsewhere not in chosen(load)


def test_a_draft_is_edited_and_shows_what_it_holds(client, operator):
    kept, dropped = RegisterFactory.create_batch(2)
    load = RegisterLoadFactory(registers=[kept, dropped])

    shown = client.get(page(load)).content.decode()
    client.post(page(load), typed(registers=[kept], organization=load.organization.pk, kind=LoadKind.CHANGES))

    assert str(kept) in shown
    assert str(dropped) in shown
    load.refresh_from_db()
    assert load.kind == LoadKind.CHANGES
    assert chosen(load) == {kept}


def test_what_is_not_a_register_is_refused_on_the_form(client, operator):
    answer = client.post(f"{LIST}add/", {**typed(), "registers": ["0", "x"]})

    assert answer.status_code == 200
    assert not RegisterLoad.objects.exists()


def test_a_draft_can_be_deleted_and_a_posted_load_cannot(client, operator):
    draft = RegisterLoadFactory()
    posted = post(RegisterLoadFactory(registers=[RegisterFactory()]))

    deleted = client.post(page(draft, "delete"), {"post": "yes"})
    refused = client.post(page(posted, "delete"), {"post": "yes"})

    assert (deleted.status_code, refused.status_code) == (302, 403)
    assert list(RegisterLoad.objects.all()) == [posted]


def test_a_draft_posted_by_another_meanwhile_is_not_edited(client, operator, monkeypatch):
    load = RegisterLoadFactory(registers=[RegisterFactory()])
    save_draft = loads.save_draft

    def posted_meanwhile(**arguments):
        RegisterLoad.objects.filter(pk=load.pk).update(state=DocumentState.POSTED)
        return save_draft(**arguments)

    monkeypatch.setattr(loads, "save_draft", posted_meanwhile)
    answer = client.post(page(load), typed(organization=load.organization.pk, comment="late"), follow=True)

    assert "has been posted and is kept as it is" in answer.content.decode()
    assert not RegisterLoad.objects.filter(comment="late").exists()
    assert load.lines.count() == 1


# From the list of registers


def test_registers_chosen_in_their_list_come_to_a_new_load(client, operator):
    first, second, _other = RegisterFactory.create_batch(3)

    answer = client.post(
        reverse("admin:registers_register_changelist"),
        {"action": "load_registers", "_selected_action": [first.pk, second.pk]},
        follow=True,
    )

    form = answer.context["adminform"].form
    assert answer.redirect_chain[0][0].startswith(f"{LIST}add/")
    assert form.initial["registers"] == [str(first.pk), str(second.pk)]
    assert str(first) in answer.content.decode()


def test_only_who_may_load_is_offered_it(client, outsider):
    register = RegisterFactory()

    answer = client.post(
        reverse("admin:registers_register_changelist"), {"action": "load_registers", "_selected_action": [register.pk]}
    )

    assert not answer.headers.get("Location", "").startswith(LIST)
    assert client.get(LIST).status_code == 403


# Posting


def test_posting_asks_first_and_then_tells(client, operator):
    register = RegisterFactory()
    load = RegisterLoadFactory(registers=[register])

    asked = client.get(page(load, "post"))
    load.refresh_from_db()
    still_draft = load.is_draft
    told = client.post(page(load, "post"), follow=True)

    assert str(register) in asked.content.decode()
    assert still_draft
    load.refresh_from_db()
    assert (load.state, load.posted_by) == (DocumentState.POSTED, operator)
    assert f"Register load {load} is posted." in told.content.decode()


def test_posting_twice_and_posting_nothing_are_refused_in_words(client, operator):
    empty = RegisterLoadFactory()
    posted = post(RegisterLoadFactory(registers=[RegisterFactory()]))

    nothing = client.post(page(empty, "post"), follow=True)
    twice = client.post(page(posted, "post"), follow=True)

    assert "Choose the registers to load." in nothing.content.decode()
    assert "This load is posted already." in twice.content.decode()


def test_the_page_that_asks_warns_of_registers_that_will_not_be_let_in(client, operator):
    load = RegisterLoadFactory(registers=[RegisterFactory(active=False)])

    assert "not active" in client.get(page(load, "post")).content.decode()


def test_who_may_not_change_loads_may_not_post_them(client, outsider):
    load = RegisterLoadFactory(registers=[RegisterFactory()])

    assert client.get(page(load, "post")).status_code == 403
    assert client.post(page(load, "post")).status_code == 403
    assert client.get(page(load, "progress")).status_code == 403
    load.refresh_from_db()
    assert load.is_draft


@pytest.mark.parametrize("action", ["change", "post", "progress"])
def test_a_load_that_does_not_exist_is_no_error(client, operator, action):
    answer = client.get(f"{LIST}999999/{action}/")

    assert answer.status_code in {302, 404}
