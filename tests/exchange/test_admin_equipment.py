"""The pages of equipment, and the button that checks it before a device does."""

import pytest
from django.urls import reverse

from exchange.models import Equipment, ExchangeSession
from registers.models import Register
from retail.models import Edit
from tests.factories.exchange import EquipmentFactory, ExchangeRuleFactory
from tests.factories.people import UserFactory
from tests.factories.registers import NOON, RegisterFactory
from tests.factories.retail import OrganizationFactory
from tests.registers.pages import queries_of, text_of
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return signed_in(UserFactory(merchandiser=True))


def form(equipment, **fields):
    return {
        "name": equipment.name,
        "organization": equipment.organization_id,
        "rule": equipment.rule_id or "",
        "register": equipment.register_id or "",
        "exchange_kind": equipment.exchange_kind,
        "format_version": equipment.format_version,
        "device_id": equipment.device_id or "",
        "folder": "",
        "encoding": "cp1251",
        "workplace": "",
        "discounts": "on",
        "payment_cards": "on",
        "sale_location": "",
        "sender_email": "",
        "payment_options-TOTAL_FORMS": 0,
        "payment_options-INITIAL_FORMS": 0,
        "tills-TOTAL_FORMS": 0,
        "tills-INITIAL_FORMS": 0,
        **fields,
    }


def change_page(equipment):
    return reverse("admin:exchange_equipment_change", args=[equipment.pk])


def check_page(row):
    app, model = row._meta.app_label, row._meta.model_name
    return reverse(f"admin:{app}_{model}_check_{model}", args=[row.pk])


def test_equipment_is_connected_with_the_usual_payment_kinds(client):
    register = RegisterFactory()
    rule = ExchangeRuleFactory(warehouse=register.warehouse)
    wanted = EquipmentFactory.build(
        register=register, rule=rule, organization=register.organization, device_id="till-1"
    )

    response = client.post(page("exchange_equipment_add"), form(wanted, taxation_systems=["0", "5"]), follow=True)

    made = Equipment.objects.get()
    assert (made.device_id, made.register, made.rule, made.taxation_systems) == ("till-1", register, rule, [0, 5])
    assert [(option.code, option.kind) for option in made.payment_options.order_by("code")] == [
        ("01", "card"),
        ("02", "sbp"),
        ("03", "credit"),
        ("04", "gift_card"),
        ("05", "bonus"),
    ]
    assert "The usual payment kinds are added" in text_of(response)
    assert Edit.objects.filter(page_model="exchange.equipment", model="exchange.paymentoption").count() == 5


def test_own_payment_kinds_are_left_as_they_were_typed(client):
    register = RegisterFactory()
    rule = ExchangeRuleFactory(warehouse=register.warehouse)
    wanted = EquipmentFactory.build(
        register=register, rule=rule, organization=register.organization, device_id="till-1"
    )
    option = {"code": "7", "name": "Карта", "type": "1", "kind": "card"}
    rows = {f"payment_options-0-{name}": value for name, value in option.items()}

    client.post(page("exchange_equipment_add"), form(wanted, **rows, **{"payment_options-TOTAL_FORMS": 1}))

    assert [option.code for option in Equipment.objects.get().payment_options.all()] == ["7"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"device_id": ""}, "Without a device id nobody would know whose request it is."),
        ({"exchange_kind": "folder"}, "An exchange by files needs a folder."),
        ({"device_id": "taken"}, "already exists"),
        ({"device_id": "x" * 37}, "at most 36 characters"),
    ],
)
def test_what_no_device_could_use_is_refused_in_words(client, fields, said):
    EquipmentFactory(device_id="taken")
    equipment = EquipmentFactory()

    response = client.post(change_page(equipment), form(equipment, **fields))

    assert said in text_of(response)


def test_a_register_that_does_not_fit_the_rule_is_refused_in_words(client):
    equipment = EquipmentFactory()
    register = RegisterFactory(organization=equipment.organization, warehouse__name="Склад Б")

    response = client.post(change_page(equipment), form(equipment, register=register.pk))

    assert "This register sells from Склад Б, and the rule is for" in text_of(response)


def test_what_the_register_may_do_is_set_with_its_equipment_and_told_to_whoever_waits(
    client, monkeypatch, django_capture_on_commit_callbacks
):
    said = []
    monkeypatch.setattr("registers.services.revocations.announce", said.append)
    equipment = EquipmentFactory()

    with django_capture_on_commit_callbacks(execute=True):
        client.post(change_page(equipment), form(equipment, workplace="У входа", payment_cards=""))

    register = Register.objects.get(pk=equipment.register_id)
    assert (register.workplace, register.discounts, register.payment_cards) == ("У входа", True, False)
    assert said == [[register.pk]]


def test_what_nobody_changed_of_a_register_stays(client):
    equipment = EquipmentFactory(register__discounts=False)

    client.post(change_page(equipment), form(equipment, discounts="", name="Иначе"))

    assert Equipment.objects.get().name == "Иначе"
    assert not Edit.objects.filter(model="registers.register", act="changed").exists()


def test_whoever_may_only_look_sees_everything_and_changes_nothing():
    operator = signed_in(UserFactory(operator=True))
    equipment = EquipmentFactory(register__workplace="У входа")

    told = text_of(operator.get(change_page(equipment)))

    assert "У входа" in told
    assert operator.post(change_page(equipment), form(equipment)).status_code == 403


def test_a_list_of_equipment_costs_the_same_for_any_number(client):
    EquipmentFactory(device_id="till-1")
    url = reverse("admin:exchange_equipment_changelist")
    for_one = queries_of(client, url)
    for _ in range(5):
        EquipmentFactory()

    assert "till-1" in text_of(client.get(url))
    assert queries_of(client, url) == for_one


def test_the_check_says_what_is_missing_and_where_it_is_mended(client):
    equipment = EquipmentFactory()

    response = client.get(check_page(equipment))

    told, markup = text_of(response), response.content.decode()
    assert "It will not work yet" in told
    assert "There are no goods at all." in told
    assert reverse("admin:exchange_exchangerule_change", args=[equipment.rule_id]) in markup
    assert reverse("admin:retail_shop_change", args=[equipment.register.shop_id]) in markup


def test_a_register_is_checked_from_its_own_page(client):
    register = RegisterFactory(active=False)

    told = text_of(client.get(check_page(register)))

    assert "is not active: it is refused at once." in told
    assert "No device is paired with the register" in told


def test_nothing_missing_is_said_too(client, monkeypatch):
    monkeypatch.setattr("exchange.services.rules.checks.missing", lambda **_: [])

    assert "All is ready" in text_of(client.get(check_page(EquipmentFactory())))


def test_a_check_of_what_is_not_there_is_not_found(client):
    assert client.get(reverse("admin:exchange_equipment_check_equipment", args=["9"])).status_code == 404
    assert client.get(reverse("admin:exchange_equipment_check_equipment", args=["x"])).status_code == 404
    assert client.get(reverse("admin:registers_register_check_register", args=["9"])).status_code == 404


def test_a_register_leads_to_its_equipment_or_to_connecting_some(client):
    connected, bare = EquipmentFactory(name="Касса на входе").register, RegisterFactory(name="Касса 2")

    def links(register):
        panel = client.get(reverse("admin:registers_register_change", args=[register.pk])).context["panel"]
        return {str(link["title"]): link["url"] for link in panel["links"]}

    assert links(connected)["Касса на входе"] == change_page(connected.equipment)
    begun = client.get(links(bare)["Connect equipment"])
    assert begun.context["adminform"].form.initial["register"] == str(bare.pk)


def test_a_register_is_found_by_the_id_of_its_device(client):
    register = EquipmentFactory(device_id="till-17").register
    RegisterFactory()

    response = client.get(reverse("admin:registers_register_changelist", query={"q": "till-17"}))

    assert list(response.context["cl"].result_list) == [register]


def test_the_page_says_what_to_enter_in_the_device_and_when_it_was_heard(client):
    equipment = EquipmentFactory(device_id="till-1")
    ExchangeSession.objects.create(
        equipment=equipment, operation="Connect", began_at=NOON, milliseconds=1, bytes_in=1, bytes_out=1
    )

    response = client.get(change_page(equipment))

    told = text_of(response)
    assert "/ws/EquipmentService.1cws" in told
    assert "Connect" in told
    assert [link["icon"] for link in response.context["panel"]["links"]] == ["rule", "point_of_sale", "sync_alt"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"http": True}, "pair a device on the page of the register"),
        ({"exchange_kind": "folder", "folder": "till-1"}, "Files are put into and taken from folder “till-1”."),
    ],
)
def test_other_ways_of_exchange_have_no_address(client, fields, said):
    equipment = EquipmentFactory(rule=None, register=None, organization=OrganizationFactory(), **fields)

    told = text_of(client.get(change_page(equipment)))

    assert said in told
    assert "Nothing has been heard of this device yet." in told
