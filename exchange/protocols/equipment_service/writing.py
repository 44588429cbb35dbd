"""Settings, price lists and orders in the words of formats from 2.0 on.

What the vendor's register takes for granted is not said: `FullExport` only when it is true, a balance only above zero,
a price only when there is one, flags only when they are set.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from exchange.protocols.equipment_service.formats import Format
from exchange.protocols.equipment_service.messages import Characteristic, Good, Group, Order, Pack, Settings, Unit
from exchange.protocols.equipment_service.xml import DECLARATION, Value, element, listed, text


def settings(said: Settings, known: Format) -> str:
    """Write the document of a device's settings."""
    options = (
        element(
            "ElectronicPaymentOption",
            {"Code": one.code, "ElectronicPaymentType": one.type, "Name": one.name, "UUID": one.uuid},
        )
        for one in said.payment_options
    )
    return document(
        "Settings",
        known,
        {},
        text("CompanyName", said.company),
        text("StoreName", said.store),
        listed("TaxationSystems", (text("TaxationSystem", code) for code in said.taxation_systems)),
        text("INN", said.inn),
        text("KPP", said.kpp),
        text("SaleAddress", said.address),
        text("SaleLocation", said.location),
        text("SenderEmail", said.sender_email),
        text("AllowDiscounts", _flag(said.discounts)),
        text("AllowPaymentCards", _flag(said.payment_cards)),
        listed("ElectronicPaymentOptions", options),
    )


def price_list(inner: str, known: Format, *, full: bool) -> str:
    """Write the document of a price list that holds `contents`."""
    return document("PriceList", known, {"FullExport": True if full else None}, inner)


def contents(groups: Iterable[Group], units: Iterable[Unit], goods: Sequence[str]) -> str:
    """Write what a price list holds: groups, the units that its goods are in, and the goods, written before."""
    return (
        listed("Groups", map(_group, groups))
        + listed("Units", (element("Unit", _unit(unit)) for unit in units))
        + listed("Goods", goods)
    )


def good(told: Good, known: Format) -> str:
    """Write one good of a price list."""
    marking = known.marking.get(told.marking)
    return element(
        "Good",
        {
            "Code": told.code,
            "Price": _price(told.price),
            "Balance": _balance(told.balance),
            "UUID": told.uuid,
            "Name": told.name,
            "TaxRate": told.vat,
            "CalculationSubject": told.subject,
            "UnitCode": told.unit.code,
            "UnitUUID": told.unit.uuid,
            "GroupCode": told.group_code,
            "GroupUUID": told.group_uuid,
            "Article": told.article or None,
            "IsWeight": _flag(told.weighed),
            "HasCharacteristics": _flag(bool(told.characteristics)),
            "HasPacks": _flag(bool(told.packs)),
            "IsMarked": _flag(marking is not None),
            "MarkedGoodTypeCode": marking,
            "IsExcisable": _flag(known.knows_excisable and told.marking == "alcohol"),
        },
        _barcodes(told.barcodes),
        listed("Characteristics", map(_characteristic, told.characteristics)),
        listed("Packs", map(_pack, told.packs)),
    )


def orders(told: Iterable[Order], known: Format) -> str:
    """Write the document of the orders that a courier is to deliver."""
    return document("Orders", known, {}, *(_order(one, known) for one in told))


def document(name: str, known: Format, attributes: dict[str, Value], *inner: str) -> str:
    """Write a whole document of a version of the format."""
    return DECLARATION + element(name, {"xmlns": known.namespace, **attributes}, *inner)


def _group(group: Group) -> str:
    return element(
        "Group",
        {
            "Code": group.code,
            "Name": group.name,
            "UUID": group.uuid,
            "ParentGroupCode": group.parent_code,
            "ParentGroupUUID": group.parent_uuid,
        },
    )


def _unit(unit: Unit) -> dict[str, Value]:
    return {"Code": unit.code, "Name": unit.name, "UUID": unit.uuid, "OKEICode": unit.code}


def _characteristic(told: Characteristic) -> str:
    return element(
        "Characteristic",
        {
            "Code": told.code,
            "Price": _price(told.price),
            "Balance": _balance(told.balance),
            "UUID": told.uuid,
            "Name": told.name,
            "HasPacks": _flag(bool(told.packs)),
        },
        _barcodes(told.barcodes),
        listed("Packs", map(_pack, told.packs)),
    )


def _pack(told: Pack) -> str:
    return element(
        "Pack",
        {
            "Code": told.code,
            "Name": told.name,
            "UnitsPerPack": told.quantity,
            "UUID": told.uuid,
            "Price": _price(told.price),
            "Balance": _balance(told.balance),
        },
        _barcodes(told.barcodes),
    )


def _order(told: Order, known: Format) -> str:
    last, _space, first = told.customer.partition(" ")
    payment: dict[str, Value] = dict.fromkeys(("Cash", "ElectronicPayment", "PrePayment", "PostPayment", "Barter"), 0)
    return element(
        "Order",
        {
            "Date": told.date,
            "Number": told.number,
            "UUID": told.uuid,
            "AddressStreet": told.address or None,
            "Phone": told.phone or None,
            "DeliveryDate": told.delivery,
            "Status": "Согласован" if told.agreed else known.not_agreed,
            "Comment": told.comment or None,
            "FirstName": first or None,
            "LastName": last or None,
        },
        listed(
            "Goods",
            (
                element(
                    "Good",
                    {
                        "Code": line.code,
                        "Quantity": line.quantity,
                        "Price": line.price,
                        "Sum": line.amount,
                        "GoodUUID": line.good,
                        "CharacteristicUUID": line.characteristic,
                        "PackUUID": line.pack,
                    },
                )
                for line in told.lines
            ),
        ),
        listed("Payments", [element("Payment", {**payment, "PrePayment": told.prepaid})] if told.prepaid else []),
    )


def _barcodes(values: Sequence[str]) -> str:
    return listed("Barcodes", (element("Barcode", {"Value": value}) for value in values))


def _price(price: Decimal) -> Decimal | None:
    return price or None


def _balance(balance: Decimal | None) -> Decimal | None:
    return balance if balance is not None and balance > 0 else None


def _flag(is_set: bool) -> bool | None:
    return True if is_set else None
