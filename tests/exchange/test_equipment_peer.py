"""A client that nobody here wrote (zeep) against a live server, in both versions of SOAP, through a whole day."""

from decimal import Decimal

import pytest
import requests
import zeep
from django.utils import timezone
from lxml import etree
from requests.auth import HTTPBasicAuth
from zeep.transports import Transport

from exchange.protocols.equipment_service.formats import SERVICE
from exchange.services.equipment_service import transfers
from stock.models import ZReport
from stock.services import processing
from tests.exchange import equipment as es
from tests.exchange.equipment_till import PATH, codes
from tests.exchange.rules import leave, priced
from tests.factories.exchange import EquipmentFactory
from tests.factories.people import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def read(document):
    return etree.fromstring(document.encode())


@pytest.fixture
def client_of(live_server):
    session = requests.Session()
    session.auth = HTTPBasicAuth(UserFactory(operator=True).username, PASSWORD)

    def connect(port):
        client = zeep.Client(f"{live_server.url}{PATH}?wsdl", transport=Transport(session=session))
        return client.bind("EquipmentService", port)

    yield connect
    session.close()


@pytest.mark.parametrize("port", ["EquipmentServiceSoap", "EquipmentServiceSoap12"])
def test_a_day_of_a_device_as_another_program_speaks_for_it(client_of, port, monkeypatch):
    monkeypatch.setattr(
        "exchange.api.equipment_service._enqueue", lambda pk: transfers.build(transfer_id=pk, now=timezone.now())
    )
    equipment = EquipmentFactory(format_version=3003)
    rule, device_id = equipment.rule, equipment.device_id
    milk, bread = priced(rule, code="1001", barcoded=True), priced(rule, code="1002")
    service = client_of(port)

    assert service.Connect(DeviceID=device_id) is True
    assert service.Connect(DeviceID="nobody") is False
    assert service.GetVersion(DeviceID=device_id) == 3003
    assert read(service.GetSettings(DeviceID=device_id)).findtext("{*}INN") == equipment.organization.inn

    first = read(_package(service, device_id, service.PrepareFullPriceList(DeviceID=device_id, FullPriceList=True)))
    assert codes(first) == ["1001", "1002"]
    assert read(service.GetDocs(DeviceID=device_id, DocType="Order")).tag.endswith("Orders")
    leave(rule, bread, Decimal(4))
    changed = read(_package(service, device_id, service.PreparePriceList(DeviceID=device_id)))
    assert codes(changed) == ["1002"]
    found = service.GetGood(DeviceID=device_id, Barcode=milk.barcodes.get().value)
    assert codes(read(found)) == ["1001"]
    assert service.GetDocTypes() in (None, "")

    report = es.sale_reports(es.sale_report(es.check(), movements=es.cash()))
    answer = read(service.PostDocs(DeviceID=device_id, DocType="SaleReports", Document=report))
    assert answer.findtext("{*}IsSuccess") == "true"
    processing.run(now=timezone.now())
    assert ZReport.objects.get().sales == 100


def _package(service, device_id, transfer_id):
    return service.GetPriceListPackage(DeviceID=device_id, TransferID=transfer_id, Restart=False)


@pytest.mark.parametrize("port", ["EquipmentServiceSoap", "EquipmentServiceSoap12"])
def test_a_fault_is_one_for_it(client_of, port):
    with pytest.raises(zeep.exceptions.Fault, match="nobody"):
        client_of(port).GetPriceList(DeviceID="nobody")


def test_who_does_not_sign_in_does_not_even_see_the_description(live_server):
    with pytest.raises(requests.exceptions.HTTPError, match="401"):
        zeep.Client(f"{live_server.url}{PATH}?wsdl")


def test_the_description_is_one_that_a_schema_understands(client_of):
    service = client_of("EquipmentServiceSoap")

    assert service._binding.wsdl.bindings.keys() == {
        f"{{{SERVICE}}}EquipmentServiceSoapBinding", f"{{{SERVICE}}}EquipmentServiceSoap12Binding",
    }  # fmt: skip
