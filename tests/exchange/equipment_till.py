"""A device of EquipmentService at the other end of the line."""

import base64
from typing import Any
from xml.sax.saxutils import escape

from django.test import Client
from django.utils import timezone
from lxml import etree

from exchange.models import Equipment
from exchange.protocols.equipment_service import soap, xml
from exchange.protocols.equipment_service.formats import SERVICE
from exchange.services.equipment_service import transfers
from tests.factories.people import PASSWORD, UserFactory

PATH = "/prilavok/ws/EquipmentService.1cws"


def signed(name: str, password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class Fault(Exception):
    """What a call was answered instead of an answer."""


class Device:
    """Speaks as a device does: a call returns what the service returned, or raises `Fault`."""

    def __init__(self, equipment: Equipment, user: Any = None, *, version: str = soap.SOAP_11) -> None:
        self.equipment, self.version = equipment, version
        self.user = user or UserFactory(operator=True)
        self.client = Client(raise_request_exception=False)

    def post(self, body: bytes, **headers: str) -> Any:
        told = {"Authorization": signed(self.user.username), **headers}
        return self.client.generic("POST", PATH, body, "text/xml; charset=utf-8", headers=told)

    def call(self, operation: str, **parameters: Any) -> str:
        given = {"DeviceID": self.equipment.device_id, **parameters}
        inner = "".join(f"<m:{name}>{escape(str(value))}</m:{name}>" for name, value in given.items())
        body = (
            f'<s:Envelope xmlns:s="{self.version}"><s:Body><m:{operation} xmlns:m="{SERVICE}">{inner}</m:{operation}>'
            "</s:Body></s:Envelope>"
        )
        response = self.post(body.encode())
        root = xml.read(response.content)
        if response.status_code != 200:
            raise Fault("".join(map(str, root.itertext())))
        return root.findtext(f".//{{{SERVICE}}}return") or ""

    def document(self, operation: str, **parameters: Any) -> etree._Element:
        return xml.read(self.call(operation, **parameters).encode())

    def prepare(self, *, build: bool = True) -> str:
        uid = self.call("PreparePriceList")
        if build:
            build_lists()
        return uid

    def package(self, uid: str, *, restart: bool = False) -> etree._Element:
        return self.document("GetPriceListPackage", TransferID=uid, Restart=str(restart).lower())

    def take(self) -> list[str]:
        """Take a whole list in packages, as the vendor's register does; return the codes of its goods."""
        uid, found = self.prepare(), []
        while True:
            package = self.package(uid)
            found += codes(package)
            if package.get("PackageNumber") == package.get("PackageTotal"):
                return found

    def tell(self, document: str, doc_type: str = "SaleReports") -> tuple[bool, str]:
        answer = self.document("PostDocs", DocType=doc_type, Document=document)
        success = answer.findtext("{*}IsSuccess") or answer.findtext("{*}Succeeded")
        return success == "true", answer.findtext("{*}Description") or ""


def build_lists(now: Any = None) -> None:
    for transfer_id in transfers.due(now=now or timezone.now()):
        transfers.build(transfer_id=transfer_id, now=now or timezone.now())


def codes(root: etree._Element) -> list[str]:
    named = ("{*}Good", "{*}Characteristic", "{*}Pack")
    return [code for element in root.iter(*named) if (code := element.get("Code"))]
