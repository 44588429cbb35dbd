"""The list of registers and the page of one, as people of each role meet them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.roles import Role
from registers.choices import StockControl
from registers.models import Register
from registers.services import tokens
from retail.models import Edit
from tests.factories.people import UserFactory
from tests.factories.registers import (
    KkmTransactionFactory,
    RegisterFactory,
    RegisterStatusFactory,
    RegisterTokenFactory,
)
from tests.factories.retail import ShopFactory, WarehouseFactory
from tests.registers.conftest import NOW, browser_of
from tests.registers.pages import list_page, page, queries_of, text_of

pytestmark = pytest.mark.django_db


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_registers(signed_in):
    RegisterStatusFactory.create_batch(2)
    few = queries_of(signed_in, list_page("register"))

    RegisterStatusFactory.create_batch(20)
    RegisterFactory.create_batch(3)

    assert queries_of(signed_in, list_page("register")) == few


def test_the_list_says_who_is_heard(signed_in):
    now = timezone.now()
    online = RegisterStatusFactory(last_seen=now - timedelta(seconds=20), software="Till", version="4.2").register
    silent = RegisterStatusFactory(last_seen=now - timedelta(hours=3)).register
    inactive = RegisterStatusFactory(last_seen=now, register__active=False).register
    new = RegisterFactory()

    shown = text_of(signed_in.get(list_page("register")))

    assert "just now Till 4.2 Online" in shown
    assert "3 hours ago Silent" in shown
    for presence, expected in (
        ("online", {online}),
        ("silent", {silent}),
        ("unpaired", {new}),
        ("inactive", {inactive}),
    ):
        response = signed_in.get(list_page("register", presence=presence))
        assert set(response.context["cl"].result_list) == expected


@pytest.mark.parametrize("wanted", ["17", "У входа", "SN-17"])
def test_a_register_is_found_by_what_people_know_of_it(signed_in, wanted):
    register = RegisterFactory(number=17, workplace="У входа")
    RegisterStatusFactory(register=register, serial="SN-17")
    RegisterFactory(number=171, name="Другая")

    response = signed_in.get(list_page("register", q=wanted))

    assert list(response.context["cl"].result_list) == [register]


NO_UPLOAD = {"upload-TOTAL_FORMS": "0", "upload-INITIAL_FORMS": "0"}  # Of the part of the page below.


def test_a_merchandiser_adds_and_changes_a_register(signed_in):
    shop, warehouse = ShopFactory(), WarehouseFactory()
    form = {
        "number": 5,
        "name": "Касса 5",
        "active": "on",
        "organization": shop.organization_id,
        "shop": shop.pk,
        "warehouse": warehouse.pk,
        "stock_control": "external",
        "discounts": "on",
        "workplace": "",
        **NO_UPLOAD,
    }

    added = signed_in.post(reverse("admin:registers_register_add"), form)
    register = Register.objects.get()
    changed = signed_in.post(page(register), {**form, "name": "Касса у входа"})

    assert (added.status_code, changed.status_code) == (302, 302)
    register.refresh_from_db()
    assert (register.name, register.payment_cards) == ("Касса у входа", False)


def test_how_long_goods_stay_held_is_set_for_a_register_within_reason(signed_in):
    register = RegisterFactory()
    fields = ("number", "name", "organization_id", "shop_id", "warehouse_id")
    form = {name.removesuffix("_id"): getattr(register, name) for name in fields}
    form |= {"stock_control": "external", "workplace": "", **NO_UPLOAD}

    refused = signed_in.post(page(register), {**form, "reservation_minutes": "0"})
    saved = signed_in.post(page(register), {**form, "reservation_minutes": "45"})
    register.refresh_from_db()
    kept = register.reservation_minutes
    emptied = signed_in.post(page(register), {**form, "reservation_minutes": ""})

    assert refused.status_code == 200
    assert (saved.status_code, kept, emptied.status_code) == (302, 45, 302)
    register.refresh_from_db()
    assert register.reservation_minutes is None


def test_a_change_of_a_register_is_announced_to_long_polls(signed_in, monkeypatch, django_capture_on_commit_callbacks):
    said = []
    monkeypatch.setattr("registers.services.revocations.announce", said.append)
    register = RegisterFactory()
    form = {
        name: getattr(register, name)
        for name in ("number", "name", "organization_id", "shop_id", "warehouse_id", "stock_control")
    }
    form = {name.removesuffix("_id"): value for name, value in form.items()} | NO_UPLOAD

    with django_capture_on_commit_callbacks(execute=True):
        signed_in.post(page(register), form)

    register.refresh_from_db()
    assert (register.active, said) == (False, [[register.pk]])


def test_the_page_shows_connection_device_and_sign_in(signed_in):
    register = RegisterStatusFactory(
        last_seen=timezone.now(), serial="SN-1", software="Till", version="4.2", stock_sent=12, stock_acknowledged=10
    ).register
    RegisterTokenFactory(register=register)
    tokens.rotate(register=register, now=NOW)
    KkmTransactionFactory(register=register, on_desk=True)

    shown = text_of(signed_in.get(page(register)))

    assert "Online" in shown
    assert "Till 4.2 serial number: SN-1" in shown
    assert "With a token in use since 11/20/2026 15:00:00" in shown
    assert "waits for its first use" in shown
    assert "Stock : sent up to 12, acknowledged 10" in shown.replace("Stock: ", "Stock : ")
    assert "On the error desk : 1" in shown.replace("desk: ", "desk : ")


def test_the_page_says_who_took_the_access_away(signed_in):
    register = RegisterTokenFactory().register
    tokens.revoke(register=register, by=UserFactory(username="boss"), now=NOW)

    shown = text_of(signed_in.get(page(register)))

    assert "Access revoked 11/20/2026 15:00:00 · boss" in shown


def test_the_page_of_a_register_nobody_paired_says_so(signed_in):
    shown = text_of(signed_in.get(page(RegisterFactory())))

    assert "No device has been paired yet." in shown
    assert "Cannot sign in: pair a device." in shown


def test_the_page_leads_to_what_the_register_reported(signed_in):
    register = RegisterFactory()

    content = signed_in.get(page(register)).content.decode()

    for model in ("shift", "receipt", "kkmtransaction"):
        url = list_page(model, register__id__exact=register.pk)
        assert f'href="{url}"' in content
        assert signed_in.get(url).status_code == 200
    others = {
        list_page("transactionconflict", transaction__register__id__exact=register.pk),
        reverse("admin:exchange_registerload_changelist", query={"lines__register__id__exact": register.pk}),
    }
    for url in others:
        assert f'href="{url}"' in content
        assert signed_in.get(url).status_code == 200


def test_an_accountant_only_looks(merchandiser):
    register = RegisterFactory()
    accountant = browser_of(UserFactory(role=Role.ACCOUNTANT))

    response = accountant.get(page(register))

    assert response.status_code == 200
    assert "Pair a device" not in text_of(response)
    assert 'name="_save"' not in response.content.decode()
    for action in ("pair_device", "revoke_access"):
        url = reverse(f"admin:registers_register_{action}", args=[register.pk])
        assert accountant.get(url).status_code == 403
        assert accountant.post(url).status_code == 403
    assert accountant.get(reverse("admin:registers_register_add")).status_code == 403


def test_a_register_that_has_told_anything_is_not_deleted():
    administrator = browser_of(UserFactory(role=Role.ADMINISTRATOR))
    told, new = KkmTransactionFactory().register, RegisterFactory()

    def delete(register):
        url = reverse("admin:registers_register_delete", args=[register.pk])
        return administrator.post(url, {"post": "yes"}).status_code

    assert (delete(told), delete(new)) == (403, 302)
    assert list(Register.objects.all()) == [told]


def test_a_merchandiser_deletes_no_register(signed_in):
    register = RegisterFactory()

    assert signed_in.post(reverse("admin:registers_register_delete", args=[register.pk])).status_code == 403


class TestBulkActions:
    """Changes to many registers, each after a page that asks."""

    def post(self, client, action, registers, **more):
        chosen = {"action": action, "_selected_action": [register.pk for register in registers]}
        return client.post(list_page("register"), chosen | more)

    def test_the_question_comes_first_and_changes_nothing(self, signed_in):
        registers = RegisterFactory.create_batch(3)

        asked = text_of(self.post(signed_in, "change_stock_control", registers))

        assert "Registers : 3" in asked.replace("Registers: 3", "Registers : 3")
        assert all(str(register) in asked for register in registers)
        assert set(Register.objects.values_list("stock_control", flat=True)) == {StockControl.WITHOUT_PROMPTS}

    def test_stock_control_changes_after_the_answer(self, signed_in, merchandiser):
        registers = RegisterFactory.create_batch(3)

        response = self.post(signed_in, "change_stock_control", registers[:2], confirmed="1", mode="external")

        assert response.status_code == 302
        modes = list(Register.objects.order_by("pk").values_list("stock_control", flat=True))
        assert modes == ["external", "external", "without_prompts"]
        told = Edit.objects.filter(by=merchandiser, model="registers.register", act="changed")
        assert [edit.changes for edit in told] == [{"stock_control": ["without_prompts", "external"]}] * 2

    def test_what_a_choice_changes_for_whom_is_shown_before_anything_is_done(self, signed_in):
        changing = RegisterFactory(number=7)
        RegisterFactory(number=8, external=True)

        asked = text_of(self.post(signed_in, "change_stock_control", Register.objects.all(), mode="external"))

        assert "Will change: 1" in asked
        assert f"{changing} {StockControl.WITHOUT_PROMPTS.label} {StockControl.EXTERNAL.label}" in asked
        assert "So already: 1" in asked
        changing.refresh_from_db()
        assert changing.stock_control == StockControl.WITHOUT_PROMPTS

    @pytest.mark.parametrize("mode", [{}, {"mode": ""}, {"mode": "no such"}])
    def test_without_a_mode_the_question_comes_again(self, signed_in, mode):
        register = RegisterFactory()

        response = self.post(signed_in, "change_stock_control", [register], confirmed="1", **mode)

        assert response.status_code == 200
        register.refresh_from_db()
        assert register.stock_control == StockControl.WITHOUT_PROMPTS

    def test_registers_are_made_inactive_after_the_answer(self, signed_in):
        registers = RegisterFactory.create_batch(2)

        asked = self.post(signed_in, "deactivate", registers)
        still_active = Register.objects.active().count()
        done = self.post(signed_in, "deactivate", registers, confirmed="1")

        assert (asked.status_code, still_active, done.status_code) == (200, 2, 302)
        assert not Register.objects.active().exists()

    def test_a_choice_of_all_pages_is_carried_to_the_answer(self, signed_in):
        registers = RegisterFactory.create_batch(60)

        asked = self.post(signed_in, "deactivate", registers[:50], select_across="1").content.decode()
        self.post(signed_in, "deactivate", registers[:50], select_across="1", confirmed="1")

        assert 'name="select_across" value="1"' in asked
        assert not Register.objects.active().exists()

    def test_nobody_without_the_right_is_offered_them(self):
        accountant = browser_of(UserFactory(role=Role.ACCOUNTANT))
        register = RegisterFactory()

        self.post(accountant, "deactivate", [register], confirmed="1")

        register.refresh_from_db()
        assert register.active
