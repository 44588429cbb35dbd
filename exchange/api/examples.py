"""Examples of the OpenAPI description: what registers say, and what they are answered.

Tests send the first and compare the second with the schema, so that nobody copies what does not work.
"""

from typing import Any

from drf_spectacular.utils import OpenApiExample


def _said(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


def _answered(name: str, value: Any, *, status: int = 200) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[status])


PAIR = _said("A till joins", {"code": "ABCD-EFGH", "device": {"serial": "00307", "software": "Till", "version": "4.2"}})
_SETTINGS = {
    "organization": {"id": 1, "name": "ООО «Ромашка»", "inn": "7700000070", "kpp": "770101001"},
    "shop": {"id": 1, "code": "01", "name": "На Садовой", "address": "", "time_zone": "Europe/Moscow"},
    "warehouse": {"id": 1, "name": "Садовая, торговый зал"},
    "stock_control": "without_prompts",
    "sync_stock": True,
    "flags": {"discounts": True, "payment_cards": True, "discount_cards": False, "online_registers": False},
    "payment_kinds": ["cash", "card", "sbp", "prepayment", "credit", "gift_card", "bonus", "other"],
    "vat_rates": [
        {"code": "22", "name": "НДС 22 %", "percent": "22.00"},
        {"code": "none", "name": "Без НДС", "percent": None},
    ],
    "weighed_prefixes": ["20"],
    "packet_size": 0,
    "wait_url": "http://127.0.0.1:8001/kkm/v1/wait",
    "server_time": "2026-11-20T07:15:32.691319Z",
}
SETTINGS = _answered("A register without prompts", _SETTINGS)
PAIRED = _answered(
    "Joined",
    {"token": "prk_…", "register": {"id": 4, "number": 4, "name": "Касса 4"}, "settings": _SETTINGS},
    status=201,
)
TOKEN = _answered("The next token", {"token": "prk_…"})

GOODS = _answered(
    "One on sale, one that has left",
    {
        "goods": [
            {
                "sku": "10001",
                "name": "Молоко 3,2 %",
                "characteristic": "",
                "article": "",
                "group": 1,
                "unit": "шт",
                "weighed": False,
                "vat": "10",
                "price": "99.00",
                "barcodes": ["4600000000015"],
                "marking": "",
                "plu": None,
                "withdrawn": False,
            },
            {"sku": "10007", "withdrawn": True},
        ],
        "groups": [{"id": 1, "parent": None, "name": "Молочное"}],
        "cursor": "g.35c80a93f42e.1.0.13.13",
        "more": False,
    },
)
ORDERS = _answered(
    "One to deliver, one that has left",
    {
        "orders": [
            {
                "uid": "6f1d2c3b-7a80-4a0e-9a51-0c2d4e6f8a10",
                "number": "000017",
                "date": "2026-11-20T06:40:00Z",
                "customer": "Анна Иванова",
                "phone": "+7 900 000-00-17",
                "address": "Садовая, 12, кв. 4",
                "delivery_date": "2026-11-21",
                "delivery_from": "10:00",
                "delivery_to": "14:00",
                "prepaid": "100.00",
                "total": "198.00",
                "comment": "",
                "lines": [
                    {
                        "line": 1,
                        "sku": "10001",
                        "name": "Молоко 3,2 %",
                        "quantity": "2.000",
                        "price": "99.00",
                        "vat": "10",
                        "amount": "198.00",
                    }
                ],
                "withdrawn": False,
            },
            {"uid": "0b9a8c7d-6e5f-4a3b-8c1d-2e3f4a5b6c11", "withdrawn": True},
        ],
        "cursor": "o.35c80a93f42e.4.0.7.7",
        "more": False,
    },
)
STOCK = _answered(
    "After a sale",
    {
        "changes": [{"sku": "10001", "name": "Молоко 3,2 %", "available": "118.000", "revision": 4}],
        "cursor": "a.2fcaafa91c8a.1.0.4.4",
        "more": False,
    },
)
CHECKSUM = _answered(
    "Three SKUs",
    {"cursor": "a.2fcaafa91c8a.1.0.3.3", "revision": 3, "count": 3, "checksum": "ba97c15e", "except": []},
)
PRICE = _answered(
    "Milk",
    {
        "sku": "10001",
        "name": "Молоко 3,2 %",
        "unit": "шт",
        "price": "99.00",
        "available": "118.000",
        "quantity": "1.000",
    },
)

RESERVE_LINE = _said("Two of them", {"sku": "10001", "quantity": "2.000"})
LINE_GRANTED = _answered(
    "Yes",
    {
        "granted": True,
        "line": 1,
        "sku": "10001",
        "quantity": "2.000",
        "available": "116.000",
        "expires_at": "2026-11-20T07:30:32.691319Z",
    },
)
RESERVE = _said(
    "A receipt of two lines",
    {
        "lines": [
            {"line": 1, "sku": "10001", "quantity": "2.000"},
            {"line": 2, "barcode": "4600000000022", "quantity": "1.000"},
        ]
    },
)
GRANTED = _answered(
    "Yes to all",
    {
        "granted": True,
        "lines": [
            {"line": 1, "sku": "10001", "quantity": "2.000", "available": "116.000"},
            {"line": 2, "sku": "10002", "quantity": "1.000", "available": "13.350"},
        ],
        "expires_at": "2026-11-20T07:30:32.691319Z",
    },
)
RESERVATION = _answered(
    "One line is held",
    {
        "receipt": "b0c1d2e3-0000-4000-8000-000000000015",
        "state": "open",
        "lines": [{"line": 1, "sku": "10001", "quantity": "2.000"}],
        "expires_at": "2026-11-20T07:30:32.691319Z",
    },
)
RELEASED = _answered(
    "Nothing is held",
    {"receipt": "b0c1d2e3-0000-4000-8000-000000000015", "state": "released", "lines": [], "expires_at": None},
)


def _event(number: int, kind: str, uid: str, **fields: Any) -> dict[str, Any]:
    moment = f"2026-11-20T10:{number - 1026:02d}:32+03:00"
    return {"number": number, "occurred_at": moment, "uid": uid, "kind": kind, "shift": 12, **fields}


_LINE = {
    "line": 1,
    "sku": "10001",
    "barcode": "4600000000015",
    "quantity": "2.000",
    "price": "99.00",
    "discount": "0.00",
    "amount": "198.00",
    "vat": "10",
    "marks": [],
}
_SALE = {
    "uid": "b0c1d2e3-0000-4000-8000-000000000015",
    "number": 15,
    "cashier": "7",
    "order": None,
    "card": None,
    "total": "198.00",
    "lines": [_LINE],
    "payments": [{"kind": "cash", "amount": "198.00"}],
    "fiscal": {"drive": "9999078900001234", "document": 4711, "sign": "1234567890"},
}
_RETURN = {
    "uid": "b0c1d2e3-0000-4000-8000-000000000016",
    "number": 16,
    "cashier": "7",
    "of": _SALE["uid"],
    "total": "99.00",
    "lines": [_LINE | {"quantity": "1.000", "amount": "99.00"}],
    "payments": [{"kind": "cash", "amount": "99.00"}],
}
_COUNTERS = {
    "sales": "198.00",
    "returns": "99.00",
    "receipts": 1,
    "return_receipts": 1,
    "cash": "99.00",
    "card": "0.00",
    "cash_in_drawer": "1099.00",
}
TRANSACTIONS = [
    _said(name, {"transactions": transactions})
    for name, transactions in {
        "A sale": [_event(1041, "sale", "8f1c9a52-8c9a-4a50-9d2c-5f8e3d6a7b10", receipt=_SALE)],
        "A return": [_event(1042, "return", "4dd00a3c-5f0e-4a57-b5a5-2f0d1c9f4a11", receipt=_RETURN)],
        "A shift": [
            _event(1040, "shift_open", "a6e3f0d1-93a5-4a3e-9a55-0d1e2f3a4b13"),
            _event(1044, "cash_in", "5b8c7d6e-2222-4333-8444-555566667777", amount="1000.00"),
            _event(1046, "shift_close", "c1d2e3f4-1111-4222-8333-444455556666", counters=_COUNTERS),
        ],
    }.items()
]
RESULTS = _answered(
    "One taken, one with a line that nobody knows",
    {
        "results": [
            {"number": 1041, "status": "accepted", "problem": None},
            {
                "number": 1042,
                "status": "error_desk",
                "problem": {
                    "code": "unknown_sku",
                    "detail": "Line 1: nobody knows SKU “404” or barcode “”.",
                    "attr": "receipt.lines",
                },
            },
        ],
        "last_number": 1042,
    },
)

_CARD = {
    "card": "2000000000015",
    "status": "active",
    "kind": "Золотая",
    "bonuses": {"available": "112.50", "pending": "9.90", "next_expiry": {"on": "2026-12-31", "amount": "40.00"}},
    "turnover": "15400.00",
    "receipts": 37,
    "suggested_discount_percent": "5.00",
}
CARD = _answered("A card with bonuses", _CARD)
CARD_OPERATION = _said(
    "A hundred bonuses are redeemed",
    {
        "uid": "7f0c4f0e-6a52-4a8e-9f0e-2d9a5f2b1c11",
        "kind": "redeem",
        "bonuses": "100.00",
        "occurred_at": "2026-11-20T10:15:30+03:00",
        "receipt_uid": "RECEIPT_GUID",
    },
)
_OUTCOME = {
    **_CARD,
    "bonuses": {"available": "12.50", "pending": "9.90", "next_expiry": {"on": "2027-01-31", "amount": "12.50"}},
    "operation": {
        "uid": "7f0c4f0e-6a52-4a8e-9f0e-2d9a5f2b1c11",
        "kind": "redeem",
        "state": "applied",
        "bonuses": "100.00",
        "turnover": "0.00",
        "receipts": 0,
        "overdrawn": False,
    },
}
CARD_OPERATED = _answered("They are redeemed", {**_OUTCOME, "duplicate": False})
CARD_OUTCOME = _answered("What became of it", _OUTCOME)

TOLD = _answered("Told: it is fetched after each receipt", {"mode": "receipt"}, status=202)
