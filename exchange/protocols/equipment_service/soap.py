"""Envelopes of SOAP 1.1 and 1.2, document/literal: a call in, its answer or a fault out.

An operation is known by the element that the body holds. Parameters are read by name, qualified or not.
"""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import msgspec
from lxml import etree

from exchange.protocols.equipment_service import xml
from exchange.protocols.equipment_service.formats import SERVICE

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
CONTENT_TYPES = {SOAP_11: "text/xml; charset=utf-8", SOAP_12: "application/soap+xml; charset=utf-8"}
LONGEST_ID = 36

# Parameters of each operation, and how each is to be read.
OPERATIONS: Mapping[str, Mapping[str, str]] = {
    "Connect": {"DeviceID": "id"},
    "GetVersion": {"DeviceID": "id"},
    "GetSettings": {"DeviceID": "id"},
    "GetPriceList": {"DeviceID": "id"},
    "PreparePriceList": {"DeviceID": "id"},
    "PrepareFullPriceList": {"DeviceID": "id", "FullPriceList": "boolean"},
    "GetPriceListPackage": {"DeviceID": "id", "TransferID": "id", "Restart": "boolean"},
    "GetGood": {"DeviceID": "id", "Barcode": "text"},
    "GetDocTypes": {},
    "GetDocs": {"DeviceID": "id", "DocType": "text"},
    "PostDocs": {"DeviceID": "id", "DocType": "text", "Document": "text"},
}
_WSDL = Path(__file__).with_name("service.wsdl").read_text()
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Call(msgspec.Struct, frozen=True):
    """A call as it was asked; `envelope` is the namespace of its version of SOAP."""

    operation: str
    envelope: str
    parameters: Mapping[str, str]
    flags: Mapping[str, bool] = {}

    @property
    def device_id(self) -> str:
        return self.parameters.get("DeviceID", "")


class NotACall(ValueError):
    """The body is no call of ours. `envelope` is the version of SOAP that the answer is to speak."""

    def __init__(self, why: str, envelope: str = SOAP_11, code: str = "Client") -> None:
        self.envelope, self.code = envelope, code
        super().__init__(why)


def read(raw: bytes) -> Call:
    """Read a call. Raises `NotACall`."""
    try:
        root = xml.read(raw)
    except xml.NotXml as error:
        raise NotACall(f"The request is not XML that is read here: {error}.") from error
    name = etree.QName(root)
    if name.localname != "Envelope" or name.namespace not in CONTENT_TYPES:
        raise NotACall("The request is no envelope of SOAP 1.1 or 1.2.", code="VersionMismatch")
    envelope = str(name.namespace)
    for header in root.findall(f"{{{envelope}}}Header/*"):
        if header.get(f"{{{envelope}}}mustUnderstand") in ("1", "true"):
            raise NotACall("A header that has to be understood is not.", envelope, "MustUnderstand")
    body = root.find(f"{{{envelope}}}Body")
    asked = body[0] if body is not None and len(body) == 1 else None
    operation = etree.QName(asked).localname if asked is not None else ""
    if asked is None or operation not in OPERATIONS or etree.QName(asked).namespace != SERVICE:
        raise NotACall(f"There is no operation “{operation[:64]}” of EquipmentService.", envelope)
    return _call(operation, envelope, {etree.QName(one).localname: one.text or "" for one in asked})


def _call(operation: str, envelope: str, given: Mapping[str, str]) -> Call:
    parameters: dict[str, str] = {}
    flags: dict[str, bool] = {}
    for name, kind in OPERATIONS[operation].items():
        if name not in given:
            raise NotACall(f"{operation}: the parameter {name} is missing.", envelope)
        value = given[name]
        if kind == "boolean":
            if value.strip() not in _BOOLEANS:
                raise NotACall(f"{operation}: {name} is no boolean.", envelope)
            flags[name] = _BOOLEANS[value.strip()]
        elif kind == "id" and not 1 <= len(value) <= LONGEST_ID:
            raise NotACall(f"{operation}: {name} has from 1 to {LONGEST_ID} characters.", envelope)
        parameters[name] = value
    return Call(operation, envelope, parameters, flags)


def answer(call: Call, value: str | bool | int) -> bytes:
    """Return the answer to a call: `value` is what it returns."""
    said = escape(xml.said(value))
    name = f"m:{call.operation}Response"
    inner = f'<{name} xmlns:m="{SERVICE}"><m:return>{said}</m:return></{name}>'
    return _enveloped(inner, call.envelope)


def fault(why: str, envelope: str = SOAP_11, *, code: str = "Server") -> bytes:
    """Return a fault; `code` is one of SOAP 1.1, of which 1.2 has its own."""
    reason = escape(xml.said(why))
    if envelope == SOAP_11:
        inner = f"<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{reason}</faultstring></soap:Fault>"
    else:
        code = {"Client": "Sender", "Server": "Receiver"}.get(code, code)
        inner = (
            f"<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="ru">{reason}</soap:Text></soap:Reason></soap:Fault>'
        )
    return _enveloped(inner, envelope)


def description(address: str) -> bytes:
    """Return the description of the service, which is at `address`."""
    return _WSDL.replace("{address}", escape(address, {'"': "&quot;"})).encode()


def _enveloped(inner: str, envelope: str) -> bytes:
    whole = f'<soap:Envelope xmlns:soap="{envelope}"><soap:Body>{inner}</soap:Body></soap:Envelope>'
    return (xml.DECLARATION + whole).encode()
