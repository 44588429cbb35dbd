"""What a register says in tests: bodies to the KKMTransfer contract, and entries read from them."""

import json
import uuid
from decimal import Decimal
from typing import Any

from exchange.protocols.kkmtransfer import messages
from registers.messages import Entry


def line(sku: str, quantity: str = "1.000", price: str = "99.00", number: int = 1, **fields: Any) -> dict[str, Any]:
    amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
    return {"line": number, "sku": sku, "quantity": quantity, "price": price, "amount": str(amount), **fields}


def lines(*quantities: tuple[str, str]) -> list[dict[str, Any]]:
    """Lines of (SKU code, quantity)."""
    return [line(sku, quantity, number=place) for place, (sku, quantity) in enumerate(quantities, start=1)]


def sale(number: int, *sold: dict[str, Any], kind: str = "sale", **fields: Any) -> dict[str, Any]:
    """A receipt's transaction; `receipt={…}` overrides fields of the receipt, the rest those of the transaction."""
    total = str(sum((Decimal(one["amount"]) for one in sold), Decimal("0.00")))
    receipt = {
        "uid": str(uuid.uuid4()),
        "number": number,
        "cashier": "7",
        "total": total,
        "lines": list(sold),
        "payments": [{"kind": "cash", "amount": total}],
        **fields.pop("receipt", {}),
    }
    return event(number, kind, receipt=receipt, **fields)


def event(number: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "number": number,
        "occurred_at": "2026-11-20T10:15:32+03:00",
        "uid": str(uuid.uuid4()),
        "kind": kind,
        "shift": 12,
        **fields,
    }


def body(*transactions: dict[str, Any]) -> bytes:
    return json.dumps({"transactions": transactions}).encode()


def entries(*transactions: dict[str, Any]) -> list[Entry]:
    return [messages.read(raw) for raw in messages.split(body(*transactions))]
