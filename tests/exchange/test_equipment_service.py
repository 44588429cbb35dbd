"""The web service: who is let in, and what each operation answers."""

import base64

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from exchange.api.throttles import equipment_calls, equipment_guesses
from exchange.choices import SessionResult
from exchange.models import DeviceState, ExchangeSession
from exchange.protocols.equipment_service import soap
from exchange.services.equipment_service import access, calls, sessions
from tests.exchange.equipment_till import PATH, Device, Fault, signed
from tests.exchange.rules import priced
from tests.factories.exchange import EquipmentFactory, PaymentOptionFactory
from tests.factories.people import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet():
    for buckets in (equipment_calls, equipment_guesses):
        buckets.clear()
    access.forget()


@pytest.fixture
def device():
    return Device(EquipmentFactory(format_version=3003))


def ask(path=PATH, **headers):
    return Client().get(f"{path}?wsdl", headers=headers)


def test_who_has_the_role_reads_the_description_with_the_address_of_the_request():
    user = UserFactory(operator=True)

    response = ask(Authorization=signed(user.username))

    assert response.status_code == 200
    assert f"http://testserver{PATH}".encode() in response.content


@pytest.mark.parametrize("header", ["", "Basic", "Basic ???", "Basic bm9jb2xvbg==", "Bearer x", signed("nobody", "x")])
def test_whoever_does_not_sign_in_is_asked_to(header):
    response = ask(Authorization=header)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith('Basic realm="')


@pytest.mark.parametrize("fields", [{}, {"merchandiser": True}, {"is_superuser": True}])
def test_nobody_is_let_in_without_the_role(fields):
    user = UserFactory(**fields)

    assert ask(Authorization=signed(user.username)).status_code == 401


def test_a_person_who_was_dismissed_is_not_let_in():
    user = UserFactory(operator=True)
    assert ask(Authorization=signed(user.username)).status_code == 200

    user.is_active = False
    user.save()

    assert ask(Authorization=signed(user.username)).status_code == 401


def test_a_new_password_ends_the_old_one_at_once():
    user = UserFactory(operator=True)
    assert ask(Authorization=signed(user.username)).status_code == 200

    user.set_password("another password of mine")
    user.save()

    assert ask(Authorization=signed(user.username)).status_code == 401


def test_a_password_is_derived_once_and_remembered(monkeypatch):
    user = UserFactory(operator=True)
    ask(Authorization=signed(user.username))
    monkeypatch.setattr(access, "authenticate", lambda *args, **kwargs: pytest.fail("derived again"))

    assert ask(Authorization=signed(user.username)).status_code == 200


def test_older_clients_write_names_in_their_own_letters():
    user = UserFactory(operator=True, username="касса")

    header = "Basic " + base64.b64encode(f"{user.username}:{PASSWORD}".encode("cp1251")).decode()

    assert ask(Authorization=header).status_code == 200


def test_no_more_passwords_are_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(access, "REMEMBERED", 1)

    for _ in range(3):
        assert ask(Authorization=signed(UserFactory(operator=True).username)).status_code == 200

    assert len(access._right) == 1


def test_an_address_that_is_none_is_not_kept():
    now = timezone.now()

    kept = sessions.record(
        told=sessions.Told(), asked=b"", answered=b"", by=UserFactory(), address="unix:", began=now, ended=now
    )

    assert kept.address is None


def test_guessing_is_stopped(settings):
    settings.AXES_ENABLED = True
    user = UserFactory(operator=True)

    answers = [ask(Authorization=signed(user.username, f"guess {place}")).status_code for place in range(6)]

    assert answers[0] == 401
    assert answers[-1] == 429
    assert ask(Authorization=signed(user.username)).status_code in (401, 429)


def test_guessing_names_is_stopped_by_address():
    for place in range(int(equipment_guesses.burst)):
        ask(Authorization=f"Basic {place}")

    assert ask(Authorization="Basic x").status_code == 429


def test_the_name_of_the_base_has_its_capitals():
    user = UserFactory(operator=True)

    assert ask("/Prilavok/ws/EquipmentService.1cws", Authorization=signed(user.username)).status_code == 404


def test_the_name_of_the_base_is_a_setting(settings):
    settings.EQUIPMENT_SERVICE_BASE = "Розница"

    assert (
        ask("/Розница/ws/EquipmentService.1cws", Authorization=signed(UserFactory(operator=True).username)).status_code
        == 200
    )
    assert ask(Authorization=signed(UserFactory(operator=True).username)).status_code == 404


def test_a_device_connects_and_hears_its_version(device):
    assert device.call("Connect") == "true"
    assert device.call("GetVersion") == "3003"


def test_a_device_that_nobody_knows_hears_so(device):
    device.equipment.device_id = "чужой"

    assert device.call("Connect") == "false"
    assert device.call("GetVersion") == "0"
    with pytest.raises(Fault, match="чужой"):
        device.call("GetSettings")
    assert not DeviceState.objects.exists()


def test_a_device_of_another_kind_of_exchange_is_not_known(device):
    device.equipment.exchange_kind = "folder"
    device.equipment.folder = "one"
    device.equipment.save()

    assert device.call("Connect") == "false"


def test_a_register_that_is_switched_off_does_not_connect(device):
    device.equipment.register.active = False
    device.equipment.register.save()

    assert device.call("Connect") == "false"
    with pytest.raises(Fault, match="active"):
        device.call("GetSettings")


def test_equipment_without_a_register_or_a_rule_is_refused_in_the_words_of_the_vendor(device):
    device.equipment.rule = None
    device.equipment.save()
    with pytest.raises(Fault, match="Не заполнено обязательное поле: Правило обмена"):
        device.call("PreparePriceList")

    device.equipment.register = None
    device.equipment.save()
    with pytest.raises(Fault, match="Не заполнено обязательное поле: ККМ"):
        device.call("GetSettings")


def test_settings_are_those_of_the_register_and_the_equipment(device):
    PaymentOptionFactory(equipment=device.equipment, code="07", name="СБП")

    root = device.document("GetSettings")

    assert root.findtext("{*}INN") == device.equipment.organization.inn
    assert root.findtext("{*}StoreName") == device.equipment.register.shop.name
    assert [one.get("Code") for one in root.iter("{*}ElectronicPaymentOption")] == ["07"]
    assert DeviceState.objects.get().settings_sent_at is not None


@pytest.mark.parametrize("version", [1000, 1006, 1007, 2003, 3000, 3001, 3002, 3003])
def test_every_version_is_answered_in_its_own_namespace(device, version):
    device.equipment.format_version = version
    device.equipment.save()
    priced(device.equipment.rule, rate="10")

    for root in (device.document("GetSettings"), device.document("GetPriceList"), device.package("x")):
        assert root.nsmap[None] == calls.devices.format_of(device.equipment).namespace


def test_one_good_is_found_by_its_barcode(device):
    sku = priced(device.equipment.rule, barcoded=True)
    priced(device.equipment.rule)

    root = device.document("GetGood", Barcode=sku.barcodes.get().value)

    assert [one.get("Code") for one in root.iter("{*}Good")] == [sku.code]


def test_a_barcode_that_nobody_knows_finds_an_empty_list(device):
    root = device.document("GetGood", Barcode="нет такого")

    assert not list(root.iter("{*}Good"))
    assert "нет такого" in ExchangeSession.objects.get().summary


def test_kinds_of_documents_are_not_told(device):
    assert device.call("GetDocTypes") == ""
    assert device.call("GetDocs", DocType="Invoice") == ""


@pytest.mark.parametrize("version", [soap.SOAP_11, soap.SOAP_12])
def test_what_is_no_call_is_a_fault_and_stands_in_the_log(device, version):
    device.version = version

    with pytest.raises(Fault, match="Drop"):
        device.call("Drop")

    session = ExchangeSession.objects.get()
    assert session.result == SessionResult.REFUSED
    assert "Drop" in session.error


def test_a_body_that_is_too_large_is_a_fault(device, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    response = device.post(b"<a>" + b" " * 200 + b"</a>")

    assert response.status_code == 500
    assert b"Fault" in response.content


def test_a_packed_body_is_a_fault(device):
    response = device.post(b"x", **{"Content-Encoding": "gzip"})

    assert response.status_code == 500
    assert b"Content-Encoding" in response.content


def test_trouble_of_ours_shows_nothing_of_itself(device, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("a secret of the house")

    monkeypatch.setitem(calls._OPERATIONS, "GetSettings", fail)

    with pytest.raises(Fault) as fault:
        device.call("GetSettings")

    assert "secret" not in str(fault.value)
    assert ExchangeSession.objects.get().result == SessionResult.FAILED


@pytest.mark.parametrize("place", ["identify", "record"])
def test_a_database_that_cannot_be_had_is_a_fault_too(device, monkeypatch, place):
    def fail(*args, **kwargs):
        raise OperationalError("no route to host 10.0.0.5")

    owner = access if place == "identify" else sessions
    monkeypatch.setattr(owner, place, fail)

    with pytest.raises(Fault, match="busy") as fault:
        device.call("Connect")

    assert "10.0.0.5" not in str(fault.value)


def test_a_page_is_not_what_a_browser_gets():
    user = UserFactory(operator=True)

    response = Client().get(PATH, headers={"Authorization": signed(user.username, PASSWORD)})

    assert response.status_code == 405
