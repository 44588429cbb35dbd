"""Two tills and the last three bottles: asked for, refused, given back, forgotten, and sold late all the same."""

import json

import pytest
from django.utils import timezone

from stock import tasks
from stock.models import Reservation
from stock.services import processing
from tests.exchange.conftest import Till
from tests.flows.test_a_morning import four_numbers
from tests.messages import event, line, sale
from tests.stock.holding import amiss, asking, expire, stocked

pytestmark = pytest.mark.django_db


def asks(till, receipt, quantity):
    """Ask for so many bottles, and return the status and what the cashier hears: how many are free, or why not."""
    body = json.dumps({"sku": "10001", "quantity": quantity})
    status, answer = till.call("put", f"reservations/{receipt}/lines/1", body)
    return status, answer["available"] if status == 200 else answer["errors"][0]["detail"]


def test_the_last_bottles():
    first = Till(asking(number=11))
    second = Till(asking(number=12, warehouse=first.register.warehouse))
    wine = stocked(first.register, 3, name="Вино", code="10001")

    # The first till rings up two; there is one for the other, who wanted two as well.
    assert asks(first, "a", "2.000") == (200, "1.000")
    assert asks(second, "b", "2.000") == (409, "“Вино”: 2 asked, 1 free. Others hold: register 11 – 2.")
    assert second.get("stock/10001")[1]["available"] == "1.000"

    # The first buyer takes one back; now the second may have his two.
    assert asks(first, "a", "1.000") == (200, "2.000")
    assert asks(second, "b", "2.000") == (200, "0.000")

    # The second till breaks down. Its hold runs out, and the first till is not refused for it.
    expire(second.register, "b", swept=False)
    assert asks(first, "a", "3.000") == (200, "0.000")

    # The first sells; then the second is back, and had sold after all: a sale is never refused.
    first.tell(sale(1, line("10001", "3.000"), receipt={"uid": "a"}))
    _status, told = second.tell(
        sale(1, line("10001", "2.000"), receipt={"uid": "b"}), event(2, "shift_close", counters={})
    )

    assert [result["status"] for result in told["results"]] == ["accepted", "accepted"]
    states = dict(Reservation.objects.values_list("receipt_uid", "state"))
    assert states == {"a": "committed", "b": "expired"}
    assert [hold.receipt_uid for hold in Reservation.objects.late()] == ["b"]
    tasks.reservations_sweep()
    processing.run(now=timezone.now())
    assert four_numbers(first.register.warehouse, wine) == (-2, 0, 0, -2)
    assert amiss() == []
