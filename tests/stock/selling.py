"""A day at a till, as tests of the pages of sales need it: what is told, and the pages that show it."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stock.services import intake, processing
from tests.messages import entries, event, line, sale
from tests.stock.conftest import NOW

LATER = NOW + timedelta(hours=3)
COUNTERS = {"sales": "396.00", "returns": "99.00", "receipts": 2, "return_receipts": 1, "cash": "297.00"}


def tell(register, *transactions, now=NOW):
    return intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=now)


def sell(register, *numbers: int, sku="10001", **fields: Any) -> None:
    """Sell one of a SKU in each of these receipts, at 99 roubles and 22 % of VAT."""
    tell(register, *(sale(number, line(sku, vat="22"), **fields) for number in numbers))


def a_day(register, *, counters: dict[str, Any] | None = None) -> list[Any]:
    """Two sales and a return at two rates of VAT, and the shift closed: return the documents that came of it."""
    tell(
        register,
        sale(1, line("10001", "2.000", vat="22")),
        sale(2, line("10001", vat="22"), line("10002", number=2, vat="10")),
        sale(3, line("10002", vat="10"), kind="return"),
        event(4, "shift_close", counters=COUNTERS if counters is None else counters),
    )
    return processing.run(now=LATER).documents


def a_late_sale(register, number: int = 9, *, now=LATER + timedelta(hours=1)) -> list[Any]:
    tell(register, sale(number, line("10001", vat="22")), now=now)
    return processing.run(now=now).documents


def page(obj: Any) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def bare(shown: Any) -> str:
    """Return the text of a figure, without its markup and with plain spaces."""
    text = "".join(part.partition(">")[2] for part in f">{shown}".split("<"))
    return text.replace("\N{NO-BREAK SPACE}", " ").strip()


def statements(client, url: str, **asked: Any) -> int:
    client.get(url, asked)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url, asked).status_code == 200
    return len(found)
