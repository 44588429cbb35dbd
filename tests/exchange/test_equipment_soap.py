"""Envelopes: a call is known by its element, in both versions of SOAP."""

import pytest
from lxml import etree

from exchange.protocols.equipment_service import soap, xml
from exchange.protocols.equipment_service.formats import SERVICE


def envelope(inner: str, version: str = soap.SOAP_11, header: str = "") -> bytes:
    return f'<s:Envelope xmlns:s="{version}">{header}<s:Body>{inner}</s:Body></s:Envelope>'.encode()


def posted(document: str = "&lt;a/&gt;") -> str:
    return (
        f'<m:PostDocs xmlns:m="{SERVICE}"><m:DeviceID>D-1</m:DeviceID><m:DocType>SaleReports</m:DocType>'
        f"<m:Document>{document}</m:Document></m:PostDocs>"
    )


@pytest.mark.parametrize("version", [soap.SOAP_11, soap.SOAP_12])
def test_a_call_is_read_with_its_parameters(version):
    call = soap.read(envelope(posted(), version))

    assert (call.operation, call.envelope, call.device_id) == ("PostDocs", version, "D-1")
    assert call.parameters["Document"] == "<a/>"


def test_parameters_without_a_namespace_are_understood_too():
    call = soap.read(envelope(f'<m:Connect xmlns:m="{SERVICE}"><DeviceID xmlns="">D-1</DeviceID></m:Connect>'))

    assert call.device_id == "D-1"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (f'<m:Connect xmlns:m="{SERVICE}"/>', "DeviceID"),
        (f'<m:Connect xmlns:m="{SERVICE}"><m:DeviceID/></m:Connect>', "DeviceID"),
        (f'<m:Connect xmlns:m="{SERVICE}"><m:DeviceID>{"x" * 37}</m:DeviceID></m:Connect>', "36"),
        (f'<m:Drop xmlns:m="{SERVICE}"/>', "Drop"),
        ('<Connect xmlns="urn:other"><DeviceID>1</DeviceID></Connect>', "Connect"),
        ("", "operation"),
        (
            f'<m:PrepareFullPriceList xmlns:m="{SERVICE}"><m:DeviceID>1</m:DeviceID>'
            "<m:FullPriceList>да</m:FullPriceList></m:PrepareFullPriceList>",
            "FullPriceList",
        ),
    ],
)
def test_what_is_no_call_of_ours_is_said_to_be_none(body, word):
    with pytest.raises(soap.NotACall, match=word) as refused:
        soap.read(envelope(body, soap.SOAP_12))

    assert refused.value.envelope == soap.SOAP_12


def test_an_envelope_of_another_version_is_refused():
    with pytest.raises(soap.NotACall) as refused:
        soap.read(envelope(posted(), "http://www.w3.org/2001/12/soap-envelope"))

    assert refused.value.code == "VersionMismatch"


def test_a_header_that_has_to_be_understood_is_refused():
    header = '<s:Header><w:Security xmlns:w="urn:w" s:mustUnderstand="1"/></s:Header>'

    with pytest.raises(soap.NotACall) as refused:
        soap.read(envelope(posted(), header=header))

    assert refused.value.code == "MustUnderstand"


@pytest.mark.parametrize("version", [soap.SOAP_11, soap.SOAP_12])
def test_an_answer_carries_a_document_as_text(version):
    call = soap.Call("GetSettings", version, {"DeviceID": "D-1"})

    root = xml.read(soap.answer(call, '<?xml version="1.0"?><a b="&amp;">]]></a>'))

    assert etree.QName(root).namespace == version
    assert root.findtext(f".//{{{SERVICE}}}return") == '<?xml version="1.0"?><a b="&amp;">]]></a>'


@pytest.mark.parametrize(("version", "code"), [(soap.SOAP_11, "soap:Server"), (soap.SOAP_12, "soap:Receiver")])
def test_a_fault_says_why_in_the_version_of_the_call(version, code):
    told = "".join(xml.read(soap.fault("Не вышло <совсем>", version)).itertext())

    assert code in told
    assert "Не вышло <совсем>" in told


def test_the_description_names_the_address_it_was_asked_at():
    root = xml.read(soap.description("https://shop.example/База/ws/EquipmentService.1cws?a=1&b=2"))

    assert {one.get("location") for one in root.iter("{*}address")} == {
        "https://shop.example/База/ws/EquipmentService.1cws?a=1&b=2"
    }
    assert len(root.findall(".//{*}portType/{*}operation")) == len(soap.OPERATIONS)
