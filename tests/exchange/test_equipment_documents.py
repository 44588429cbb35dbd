"""Documents of EquipmentService: what we write is valid in every version, and says what it is to say."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from lxml import etree

from exchange.protocols.equipment_service import answers, schemas, writing, writing_1, xml
from exchange.protocols.equipment_service.formats import FORMATS
from tests.exchange import equipment as es

MODERN = [known for known in FORMATS.values() if known.is_modern]
EARLY = [known for known in FORMATS.values() if not known.is_modern]


def read(document):
    return xml.read(document.encode())


def price_list(known, *goods, groups=(), full=False):
    units = {one.unit.code: one.unit for one in goods}.values()
    inner = writing.contents(groups, units, [writing.good(one, known) for one in goods])
    document = writing.price_list(inner, known, full=full)
    schemas.check_text(document, known)
    return read(document)


@pytest.mark.parametrize("known", MODERN, ids=lambda known: str(known.code))
def test_everything_we_tell_is_valid_in_every_version(known):
    variant = es.characteristic(packs=[es.pack()])
    goods = [
        es.good(packs=[es.pack()]),
        es.good(code=None, barcodes=[], characteristics=[variant]),
        es.good(vat="none"),
    ]

    price_list(known, *goods, groups=[es.group(parent_code="1", parent_uuid=es.uuid("1"))], full=True)

    schemas.check_text(writing.settings(es.settings(), known), known)
    schemas.check_text(writing.orders([es.order(), es.order(agreed=False)], known), known)
    schemas.check_text(answers.posted(known, success=True, description=answers.LOADED), known)
    schemas.check_text(answers.not_formed(known), known)


@pytest.mark.parametrize("known", EARLY, ids=lambda known: str(known.code))
def test_everything_we_tell_of_1_x_is_valid(known):
    goods = [es.good(packs=[es.pack()]), es.good(code=None, characteristics=[es.characteristic(packs=[es.pack()])])]

    inner = writing_1.contents([es.group()], [writing_1.good(one) for one in goods])
    document = writing_1.price_list(inner, known, full=True, number=1, total=2)

    schemas.check_text(document, known)
    schemas.check_text(answers.package(document, known, number=1, total=2), known)
    schemas.check_text(writing_1.settings(es.settings(), known), known)
    schemas.check_text(answers.posted(known, success=False, description=answers.NOT_OF_FORMAT), known)
    schemas.check_text(answers.not_formed(known), known)
    assert read(document).attrib == {
        "FullLoad": "true", "FormatVersion": str(known.code), "PackageNumber": "1", "PackageTotalNumber": "2",
    }  # fmt: skip


def test_what_goes_without_saying_is_not_said():
    root = price_list(FORMATS[3001], es.good(price=Decimal(0), balance=Decimal("-1"), article="", barcodes=[]))

    [good] = root.iter("{*}Good")
    assert "FullExport" not in root.attrib
    assert {"Price", "Balance", "Article", "IsWeight", "HasPacks", "IsMarked"}.isdisjoint(good.attrib)
    assert not len(good)


def test_full_export_prices_and_balances_are_said_where_there_are_any():
    root = price_list(FORMATS[3001], es.good(weighed=True), full=True)

    [good] = root.iter("{*}Good")
    assert root.attrib == {"FullExport": "true"}
    assert (good.get("Price"), good.get("Balance"), good.get("IsWeight")) == ("89.9", "12", "true")
    assert [code.get("Value") for code in good.iter("{*}Barcode")] == ["4600000000015", "2000000000015"]
    assert good.get("Name") == 'Молоко "Домик" 3,2 % <1 л> & сливки'


@pytest.mark.parametrize(
    ("version", "marking", "code"),
    [
        (3000, "tobacco", None),
        (3001, "tobacco", "2"),
        (3001, "dairy", None),
        (3003, "dairy", "6"),
        (3003, "shoes", "3"),
    ],
)
def test_marking_is_told_where_the_version_has_a_code_for_it(version, marking, code):
    [good] = price_list(FORMATS[version], es.good(marking=marking)).iter("{*}Good")

    assert good.get("MarkedGoodTypeCode") == code
    assert good.get("IsMarked") == ("true" if code else None)


@pytest.mark.parametrize(("version", "word"), [(2003, "НеCогласован"), (3001, "НеCогласован"), (3002, "НеСогласован")])
def test_an_order_that_is_not_agreed_is_spelt_as_the_version_spells_it(version, word):
    root = read(writing.orders([es.order(agreed=False)], FORMATS[version]))

    assert root[0].get("Status") == word


def test_an_order_tells_who_where_what_and_what_was_prepaid():
    [told] = read(writing.orders([es.order()], FORMATS[3003]))

    assert told.get("LastName") == "Иванова"
    assert told.get("FirstName") == "Анна"
    assert told.get("DeliveryDate") == "2026-11-21T14:00:00"
    assert told.get("Status") == "Согласован"
    assert told.find("{*}Payments")[0].get("PrePayment") == "100"


def test_20_percent_has_no_word_before_3_0():
    with pytest.raises(schemas.Mismatch, match="TaxRate"):
        price_list(FORMATS[2003], es.good(vat="20"))


def test_a_package_holds_its_price_list_and_its_place():
    known = FORMATS[3003]
    document = writing.price_list("", known, full=False)

    root = read(answers.package(document, known, number=2, total=3))

    schemas.check(root, known)
    assert (root.get("PackageNumber"), root.get("PackageTotal")) == ("2", "3")
    assert root.findtext("{*}IsFormed") == "true"
    assert root.find("{*}PriceList") is not None


def test_settings_tell_the_ways_of_payment():
    root = read(writing.settings(es.settings(), FORMATS[3003]))

    [option] = root.iter("{*}ElectronicPaymentOption")
    assert (option.get("Code"), option.get("ElectronicPaymentType")) == ("01", "1")
    assert [one.text for one in root.iter("{*}TaxationSystem")] == ["0", "1"]
    assert root.findtext("{*}AllowDiscounts") == "true"
    assert root.find("{*}AllowPaymentCards") is None


@tried(max_examples=60, deadline=None)
@given(
    name=st.text(max_size=60),
    article=st.text(max_size=30),
    barcode=st.text(max_size=20),
    price=st.decimals(0, 10**10, places=2),
    balance=st.none() | st.decimals(-(10**9), 10**9, places=3),
    version=st.sampled_from(sorted(FORMATS)),
)
def test_whatever_a_good_is_called_it_comes_through_whole(name, article, barcode, price, balance, version):
    known = FORMATS[version]
    told = es.good(name=name, article=article, barcodes=[barcode], price=price, balance=balance, vat="10")
    written = writing.good(told, known) if known.is_modern else writing_1.good(told)

    attributes = etree.fromstring(written).attrib

    readable = "".join(sign for sign in name if sign.isprintable() and sign not in "\r\n\t" and ord(sign) < 0xD800)
    heard = "".join(sign for sign in attributes["Name"] if sign.isprintable() and ord(sign) < 0xD800)
    assert heard == readable
    assert Decimal(attributes.get("Price", 0)) == price
    assert Decimal(attributes.get("Balance", attributes.get("Remainder", 0))) == max(balance or 0, 0)
