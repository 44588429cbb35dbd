"""A till and a server of УКМ 5 at the other end of the line, and what they say."""

import json
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from django.test import Client

from exchange.models import Ukm5Till
from tests.factories.exchange import Ukm5TillFactory

GUID = "0b7c9f5e-6f0e-4a52-9f3e-2f3d3f8e1a10"
ADDRESS = "10.0.0.7"


def let_in_network(settings) -> None:
    settings.UKM5_ACCESS, settings.UKM5_NETWORKS = "network", [ip_network("10.0.0.0/24")]


class Side:
    """Speaks to us from an address, perhaps by a secret; every answer comes as (status, content)."""

    def __init__(self, till: Ukm5Till | None = None, *, secret: str = "", address: str = ADDRESS) -> None:
        self.till = till or Ukm5TillFactory()
        self.base = f"/ukm5/{secret}" if secret else "/ukm5"
        self.client = Client(raise_request_exception=False, REMOTE_ADDR=address)

    @property
    def register(self):
        return self.till.register

    def call(self, method: str, path: str, body: Any = b"", **headers: str) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.client.generic(method, f"{self.base}{path}", content, "application/json", headers=headers)
        return response.status_code, json.loads(response.content)

    def item(self, method: str, sku: str, quantity: str, *, guid: str = GUID, **named: str) -> tuple[int, Any]:
        parts = {"store": self.till.store.code, "pos": self.till.number, **named}
        place = "/".join(quote(part, safe="") for part in (parts["store"], parts["pos"], guid))
        query = urlencode({"sku": sku, "quantity": quantity})
        return self.call(method, f"/api/1.0/reservationItem/{place}?{query}")

    def post(self, sku: str, quantity: str, **named: str) -> tuple[int, Any]:
        return self.item("POST", sku, quantity, **named)

    def delete(self, sku: str, quantity: str, **named: str) -> tuple[int, Any]:
        return self.item("DELETE", sku, quantity, **named)

    def push(self, *elements: Any, to: str = "receipt", **headers: str) -> tuple[int, Any]:
        return self.call("POST", f"/api/v1/export/{to}", {"elements": list(elements)}, **headers)

    def receipt(self, *items: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A sale of this till; it was rung up under `guid`, and paid in cash."""
        number = fields.pop("number", 15)
        guid = fields.pop("guid", GUID)
        total = sum(item["totalWithDiscounts"]["amount"] for item in items)
        properties = [{"id": "RECEIPT_GUID", "name": "RECEIPT_GUID", "value": guid}] if guid else []
        return {
            "id": 1000 + number,
            "globalDocNumber": 4000 + number,
            "number": number,
            "storeId": self.till.store.code,
            "posId": 17,
            "posNumber": int(self.till.number),
            "posName": "Касса",
            "shiftId": 512,
            "shiftNumber": 12,
            "cashierId": "7",
            "cashierName": "Лебедева Н. П.",
            "receiptType": "Sale",
            "result": "Completed",
            "dates": {"dateOpen": "2026-11-20T10:14:02", "dateClose": "2026-11-20T10:15:32.250"},
            "additional": {"supervisor": None, "discountCards": [], "couponsCodes": [], "properties": properties},
            "removedItems": [],
            "calculated": {"receiptCurrencyCode": "RUB", "itemsCount": len(items), "amount": roubles(total)},
            "payments": [
                {"pType": "Cash", "paymentId": 1, "amount": roubles(total), "amountWithChange": roubles(1000)}
            ],
            "items": list(items),
            **fields,
        }

    def cash(self, **fields: Any) -> dict[str, Any]:
        """Cash put into the drawer of this till, which is named by its inner id alone."""
        return {
            "id": 31,
            "globalNumber": 4100,
            "localNumber": 3,
            "storeId": self.till.store.code,
            "posId": self.till.inner_id or self.till.number,
            "shiftId": 512,
            "shiftNumber": 12,
            "opType": "deposition",
            "opDate": "2026-11-20T09:00:00",
            "amount": 5000.00,
            "amountBefore": 0,
            "currencyId": "RUB",
            "userId": "7",
            **fields,
        }


def roubles(amount: Any) -> dict[str, Any]:
    return {"amount": amount, "code": "RUB"}


def item(sku: str, quantity: int = 2, price: float = 99.0, **fields: Any) -> dict[str, Any]:
    """A line: so many thousandths would be `totalQuantity={"amount": 1500, "decimals": 3}`."""
    return {
        "productInfo": {"scu": sku, "name": "Молоко", "barcode": "", "measure": "шт", "taxGroup": "22"},
        "price": roubles(price),
        "totalQuantity": {"amount": quantity, "decimals": 0},
        "totalAmount": roubles(price * quantity),
        "totalWithDiscounts": roubles(price * quantity),
        "discountAmount": roubles(0),
        **fields,
    }


def as_xml(root: str, told: dict[str, Any]) -> bytes:
    """Write a pushed document as a file of «Экспорт XML»: who it is of in attributes, all else in elements."""
    names = {"storeId": "storeId", "posNumber": "posNum", "shiftNumber": "shiftNum"}
    of = " ".join(f'{name}="{escape(str(told[key]))}"' for key, name in names.items() if key in told)
    rest = {key: value for key, value in told.items() if key not in names}
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {of}>{_elements(rest)}</{root}>'.encode()


def _elements(told: dict[str, Any]) -> str:
    return "".join(f"<{name}>{_content(value)}</{name}>" for name, value in told.items() if value is not None)


def _content(value: Any) -> str:
    if isinstance(value, dict):
        return _elements(value)
    if isinstance(value, list):
        return "".join(f"<one>{_content(one)}</one>" for one in value)
    return escape(str(value))
