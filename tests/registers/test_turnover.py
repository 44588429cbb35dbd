"""What was sold today by hour, and a week ago."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from registers.choices import TransactionKind
from registers.services import turnover
from tests.factories.registers import ReceiptFactory, RegisterFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)  # 15:30 in Moscow


@pytest.fixture
def register():
    return RegisterFactory()


def sold(register, at, total="100.00", kind=TransactionKind.SALE):
    return ReceiptFactory(register=register, transaction__occurred_at=at, total=Decimal(total), kind=kind)


def test_a_day_is_that_of_the_chain_and_not_of_greenwich(register):
    sold(register, datetime(2026, 11, 19, 21, 0, tzinfo=UTC))
    sold(register, datetime(2026, 11, 19, 20, 59, 59, tzinfo=UTC), "7.00")
    sold(register, datetime(2026, 11, 20, 21, 0, tzinfo=UTC), "7.00")

    found = turnover.of_day(now=NOW)

    assert (found.today.receipts, found.today.net) == (1, Decimal("100.00"))
    assert found.hours[0].receipts == 1


def test_returns_are_taken_off_and_are_no_receipts_of_the_average(register):
    sold(register, NOW, "100.00")
    sold(register, NOW, "50.01")
    sold(register, NOW, "30.00", TransactionKind.RETURN)
    sold(register, NOW, "999.00", TransactionKind.CANCELLED)

    found = turnover.of_day(now=NOW)

    assert found.today == turnover.Sales(2, Decimal("150.01"), Decimal("30.00"))
    assert found.today.net == Decimal("120.01")
    assert found.today.average == Decimal("75.00")
    assert found.hours[15] == found.today


def test_the_day_a_week_ago_is_compared_up_to_this_time_and_drawn_whole(register):
    week = timedelta(days=7)
    sold(register, NOW - week - timedelta(minutes=1), "10.00")
    sold(register, NOW - week, "20.00")
    sold(register, NOW - week + timedelta(hours=2), "40.00")

    found = turnover.of_day(now=NOW)

    assert found.then.net == Decimal("10.00")
    assert [found.hours_before[hour].net for hour in (15, 17)] == [Decimal("30.00"), Decimal("40.00")]
    assert found.today.average is None
