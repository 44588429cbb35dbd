"""Settings and price lists in the words of 1.x: one barcode a good, and units by name.

Orders are not known there.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from exchange.protocols.equipment_service.formats import Format
from exchange.protocols.equipment_service.messages import Characteristic, Good, Group, Pack, Settings
from exchange.protocols.equipment_service.writing import document
from exchange.protocols.equipment_service.xml import element, listed, text

_GENERAL, _SIMPLIFIED = "Общая", "Упрощенная"


def settings(said: Settings, known: Format) -> str:
    """Write the document of a device's settings."""
    kinds = (
        element("RecordKind", {"Code": one.code, "PaymentType": one.type, "Name": one.name})
        for one in said.payment_options
    )
    return document(
        "Settings",
        known,
        {"FormatVersion": known.code},
        text("CompanyName", said.company),
        text("Taxation", _GENERAL if 0 in said.taxation_systems or not said.taxation_systems else _SIMPLIFIED),
        text("UseDiscounts", said.discounts),
        text("UseBankingCard", said.payment_cards),
        text("INN", said.inn),
        listed("PaymentKinds", kinds),
    )


def price_list(inner: str, known: Format, *, full: bool, number: int = 1, total: int = 1) -> str:
    """Write the document of a price list that holds `contents`."""
    attributes = {"FullLoad": full, "FormatVersion": known.code, "PackageNumber": number, "PackageTotalNumber": total}
    return document("PriceList", known, {**attributes}, inner)


def contents(groups: Iterable[Group], goods: Sequence[str]) -> str:
    """Write what a price list holds: groups, and goods that were written before."""
    return listed("Groups", map(_group, groups)) + listed("Goods", goods)


def good(told: Good) -> str:
    """Write one good of a price list."""
    return element(
        "RecordGood",
        {
            "Code": told.code,
            "GroupCode": told.group_code or "",
            "Name": told.name,
            "Article": told.article,
            "UnitOfMeasurement": told.unit.name,
            "Tax": 0 if told.vat == "none" else Decimal(told.vat),
            "IsWeightGoods": told.weighed,
            "BarCode": _barcode(told.barcodes),
            "Price": told.price or None,
            "Service": told.service,
            "Remainder": _remainder(told.balance),
            "HavingCharacteristic": bool(told.characteristics),
            "HavingPacking": bool(told.packs),
            "ID": told.uuid,
        },
        listed("Characteristic", map(_characteristic, told.characteristics)),
        listed("Packing", map(_pack, told.packs)),
    )


def _group(group: Group) -> str:
    return element(
        "RecordGroup",
        {"Code": group.code, "Name": group.name, "GroupCode": group.parent_code or "", "ID": group.uuid},
    )


def _characteristic(told: Characteristic) -> str:
    return element(
        "RecordCharacteristic",
        {
            "Code": told.code,
            "Name": told.name,
            "BarCode": _barcode(told.barcodes),
            "Price": told.price or None,
            "Remainder": _remainder(told.balance),
            "HavingPacking": True if told.packs else None,
            "ID": told.uuid,
        },
        listed("Packing", map(_pack, told.packs)),
    )


def _pack(told: Pack) -> str:
    return element(
        "RecordPacking",
        {
            "Code": told.code,
            "Name": told.name,
            "Coefficient": told.quantity,
            "BarCode": _barcode(told.barcodes),
            "Price": told.price,
            "Remainder": _remainder(told.balance),
            "ID": told.uuid,
        },
    )


def _barcode(values: Sequence[str]) -> str | None:
    return values[0] if values else None


def _remainder(balance: Decimal | None) -> Decimal | None:
    return balance if balance is not None and balance > 0 else None
