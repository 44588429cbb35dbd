"""What 1С:Мобильная касса says, and what is said to it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from exchange.protocols.equipment_service.formats import FORMATS
from exchange.protocols.equipment_service.messages import (
    Characteristic,
    Good,
    Group,
    Order,
    OrderLine,
    Pack,
    PaymentOption,
    Settings,
    Unit,
)

NAMES = UUID("5d7c5e8a-2f4c-4b63-9a43-0c5a6d3d2b10")
SHIFT = "8f14e45f-ceea-467f-a7d2-3f0c1e2b5a01"
CHECK = "c9f0f895-fb98-4b91-a1a3-0f3b6f1f9a02"
RETURN = "45c48cce-2e2d-4fbd-aa1d-7b8d9e6c1a03"
PIECE = Unit("796", "шт", uuid5(NAMES, "796"))


def uuid(name: str) -> UUID:
    return uuid5(NAMES, name)


def good(**fields: Any) -> Good:
    known: dict[str, Any] = {
        "code": "1001",
        "name": 'Молоко "Домик" 3,2 % <1 л> & сливки',
        "uuid": uuid("1001"),
        "article": "А-1",
        "price": Decimal("89.90"),
        "balance": Decimal("12.000"),
        "vat": "10",
        "barcodes": ["4600000000015", "2000000000015"],
        "unit": PIECE,
        "group_code": "7",
        "group_uuid": uuid("7"),
        "weighed": False,
        "service": False,
        "subject": 1,
        "marking": "",
    }
    return Good(**{**known, **fields})


def pack(**fields: Any) -> Pack:
    known = {
        "code": "1001-6", "name": "Упаковка 6", "uuid": uuid("1001-6"), "quantity": Decimal(6),
        "price": Decimal(500), "balance": Decimal(2), "barcodes": ["4600000000022"],
    }  # fmt: skip
    return Pack(**{**known, **fields})


def characteristic(**fields: Any) -> Characteristic:
    known = {
        "code": "1001-S", "name": "S", "uuid": uuid("1001-S"), "price": Decimal(10), "balance": None,
        "barcodes": ["4600000000039"],
    }  # fmt: skip
    return Characteristic(**{**known, **fields})


def group(**fields: Any) -> Group:
    return Group(**{"code": "7", "name": "Молочное", "uuid": uuid("7"), **fields})


def settings(**fields: Any) -> Settings:
    known: dict[str, Any] = {
        "company": "ООО «Прилавок»",
        "store": "Магазин на Лесной",
        "inn": "7707083893",
        "kpp": "770701001",
        "address": "Москва, Лесная, 5",
        "location": "Магазин на Лесной",
        "sender_email": "kassa@example.com",
        "taxation_systems": [0, 1],
        "discounts": True,
        "payment_cards": False,
        "payment_options": [PaymentOption("01", "Visa & Мир", 1, uuid("01"))],
    }
    return Settings(**{**known, **fields})


def order(**fields: Any) -> Order:
    line = OrderLine("1001", Decimal(2), Decimal("89.90"), Decimal("179.80"), uuid("1001"), None, None)
    known: dict[str, Any] = {
        "number": "З-1", "uuid": str(uuid("order")), "date": datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        "customer": "Иванова Анна",
        "phone": "+7 900 000-00-00", "address": "Лесная, 7, кв. 3", "delivery": datetime(2026, 11, 21, 14, tzinfo=UTC),
        "agreed": True, "comment": "Позвонить", "prepaid": Decimal(100), "lines": [line],
    }  # fmt: skip
    return Order(**{**known, **fields})


def line(code: str = "1001", quantity: str = "2", price: str = "50", **fields: str) -> str:
    amount = fields.pop("amount", str(Decimal(quantity) * Decimal(price)))
    stamps = "".join(f"<ExciseStamp>{stamp}</ExciseStamp>" for stamp in fields.pop("stamps", "").split())
    given = {
        "Code": code, "Quantity": quantity, "Price": price, "Sum": amount, "TaxRate": "20", "PaymentMethod": "4",
        **fields,
    }  # fmt: skip
    return f"<Good{_written(given)}>{f'<ExciseStamps>{stamps}</ExciseStamps>' if stamps else ''}</Good>"


def payment(cash: str = "0", electronic: str = "0", **fields: str) -> str:
    given = {
        "Cash": cash, "ElectronicPayment": electronic, "PrePayment": "0", "PostPayment": "0", "Barter": "0", **fields,
    }  # fmt: skip
    return f"<Payment{_written(given)}/>"


def check(*goods: str, payments: str = "", **fields: Any) -> str:
    given = {
        "Date": "2026-11-20T12:00:00", "Number": "1", "TaxationSystem": "0", "OperationType": "1", "UUID": CHECK,
        **fields,
    }  # fmt: skip
    paid = payments or payment(cash="100")
    return f"<Check{_written(given)}><Goods>{''.join(goods or [line()])}</Goods><Payments>{paid}</Payments></Check>"


def cash(**fields: Any) -> str:
    given = {"Date": "2026-11-20T10:05:00", "Number": "1", "Type": "Income", "Sum": "1000", **fields}
    return f"<IncomeOutcomeCheck{_written(given)}/>"


def sale_report(*checks: str, movements: str = "", **fields: Any) -> str:
    """A closed shift of format 3.x; a field that is None is left out."""
    given = {
        "ShiftNumber": "7", "OpeningDate": "2026-11-20T10:00:00", "ClosingDate": "2026-11-20T22:00:00", "UUID": SHIFT,
        "ShiftState": "1", **fields,
    }  # fmt: skip
    inner = f"<Checks>{''.join(checks)}</Checks>" if checks else ""
    inner += f"<IncomeOutcomeChecks>{movements}</IncomeOutcomeChecks>" if movements else ""
    return f"<SaleReport{_written(given)}>{inner}</SaleReport>"


def sale_reports(*reports: str, version: int = 3003) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{_root("SaleReports", version, *reports)}'


def sales_reports_of_1(*reports: str, version: int = 1000) -> str:
    root = _root("SalesReports", version, *reports)
    return root.replace("<SalesReports ", f'<SalesReports FormatVersion="{version}" ', 1)


def tare_openings(version: int = 3003) -> str:
    opening = (
        '<AlcoholTareOpening Date="2026-11-20T12:00:00" Number="1"><Goods><Good Code="1001" Quantity="1"/></Goods>'
    )
    return _root("AlcoholTareOpenings", version, f"{opening}</AlcoholTareOpening>")


def price_checks(version: int = 3003) -> str:
    report = '<PriceCheckerReport Number="1"><Goods><Good Code="1001" Barcode="4600000000015"/></Goods>'
    return _root("PriceCheckerReports", version, f"{report}</PriceCheckerReport>")


def _root(name: str, version: int, *inner: str) -> str:
    return f'<{name} xmlns="{FORMATS[version].namespace}">{"".join(inner)}</{name}>'


def _written(given: dict[str, Any]) -> str:
    return "".join(f' {name}="{value}"' for name, value in given.items() if value is not None)
