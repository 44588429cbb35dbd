"""What a shift comes to, counted as it is taken in; what waits for a document; and shifts that begin anew."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection

from registers.models import Receipt, Shift
from retail.choices import ItemKind
from stock.models import UnpostedReceipt, UnsettledShift
from stock.services import intake
from tests.factories.registers import RegisterFactory
from tests.factories.retail import ItemFactory, SkuFactory
from tests.messages import entries, event, line, sale
from tests.stock.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    SkuFactory(code="10001")
    SkuFactory(code="10002", item=ItemFactory(kind=ItemKind.SERVICE))
    return RegisterFactory()


def tell(register, *transactions):
    return intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def paid(**payments):
    return {"payments": [{"kind": kind, "amount": amount} for kind, amount in payments.items()]}


def test_a_shift_is_counted_as_it_is_taken_in(register):
    tell(
        register,
        sale(1, line("10001", "2.000", vat="22"), line("10002", number=2), receipt=paid(cash="97.00", card="200.00")),
        sale(2, line("10001", "1.000", vat="22")),
    )
    tell(
        register,
        sale(3, line("10001", "1.000", vat="10"), kind="return"),
        sale(4, line("10001", "9.000"), kind="cancelled"),
        event(5, "cash_in", amount="500.00"),
        event(6, "cash_out", amount="50.50"),
        event(7, "cash_out", amount="0.50"),
    )

    totals = {key: Decimal(value) for key, value in Shift.objects.get().totals.items()}

    assert totals == {
        "sale.receipts": 2,
        "sale.lines": 3,
        "sale.total": 396,
        "sale.vat.22": 297,
        "sale.vat.": 99,
        "sale.paid.cash": 196,
        "sale.paid.card": 200,
        "return.receipts": 1,
        "return.lines": 1,
        "return.total": 99,
        "return.vat.10": 99,
        "return.paid.cash": 99,
        "cancelled.receipts": 1,
        "cash_in.total": 500,
        "cash_out.total": 51,
    }


def test_what_is_sent_again_counts_once(register):
    sold = sale(1, line("10001"))

    tell(register, sold, sold)
    tell(register, sold)

    assert Shift.objects.get().totals["sale.receipts"] == "1"
    assert UnpostedReceipt.objects.count() == 1


def test_what_is_not_taken_apart_counts_nothing(register):
    tell(register, sale(1, line("10001", "-1")), event(2, "cash_in"))

    assert not Shift.objects.exists()


def test_goods_that_nobody_knows_count_in_money(register):
    tell(register, sale(1, line("404")))

    assert Shift.objects.get().totals["sale.total"] == "99.00"


def test_shifts_of_one_batch_are_counted_apart(register):
    tell(register, sale(1, line("10001"), shift=1), sale(2, line("10001"), shift=2), sale(3, line("10001"), shift=2))

    assert list(Shift.objects.order_by("number").values_list("totals__sale.receipts", flat=True)) == ["1", "2"]


def test_sales_and_returns_wait_for_a_document(register):
    tell(
        register,
        sale(1, line("10001")),
        sale(2, line("10001"), kind="return"),
        sale(3, line("10001"), kind="cancelled"),
        event(4, "cash_in", amount="1.00"),
    )

    shift = Shift.objects.get()
    waiting = UnpostedReceipt.objects.order_by("receipt").values_list("shift", "receipt__kind", "warehouse")
    assert list(waiting) == [(shift.pk, "sale", register.warehouse_id), (shift.pk, "return", register.warehouse_id)]


def test_a_shift_waits_to_be_settled_from_the_moment_it_closes(register):
    tell(register, sale(1, line("10001")))
    assert not UnsettledShift.objects.exists()

    tell(register, event(2, "shift_close"))

    assert UnsettledShift.objects.get().shift == Shift.objects.get()


def test_a_shift_that_comes_closed_waits_to_be_settled(register):
    tell(register, sale(1, line("10001")), event(2, "shift_close"))

    assert UnsettledShift.objects.get().shift == Shift.objects.get()


def later(days):
    return (NOW + timedelta(days=days)).isoformat()


def closed(register):
    tell(
        register,
        event(1, "shift_open", occurred_at=later(-400)),
        sale(2, line("10001"), occurred_at=later(-400)),
        event(3, "shift_close", occurred_at=later(-399)),
    )


def test_a_shift_opened_under_the_number_of_a_closed_one_is_another(register):
    closed(register)

    tell(register, event(1, "shift_open", occurred_at=later(-1)))
    tell(register, sale(2, line("10001"), occurred_at=later(0)), sale(3, line("10001"), occurred_at=later(0)))

    old, new = Shift.objects.order_by("era")
    assert (old.number, old.era, old.receipts.count(), old.totals["sale.receipts"]) == (12, 0, 1, "1")
    assert (new.number, new.era, new.receipts.count(), new.totals["sale.receipts"]) == (12, 1, 2, "2")
    assert new.closed_at is None


def test_it_is_another_within_one_batch_too(register):
    closed(register)

    tell(
        register,
        event(1, "shift_open", occurred_at=later(-1)),
        sale(2, line("10001"), occurred_at=later(-1)),
        sale(4, line("10001"), occurred_at=later(-399.5)),
        event(3, "shift_close", occurred_at=later(0)),
    )

    old, new = Shift.objects.order_by("era")
    assert (old.receipts.count(), new.receipts.count()) == (2, 1)
    assert new.closed_at == NOW


def test_what_comes_late_finds_its_own_shift(register):
    closed(register)
    tell(register, event(1, "shift_open", occurred_at=later(-1)))

    tell(register, sale(4, line("10001"), occurred_at=later(-399.5)))

    assert Receipt.objects.latest("pk").shift.era == 0


def test_a_shift_that_is_opened_twice_is_one(register):
    closed(register)

    tell(register, event(4, "shift_open", occurred_at=later(-399.5)))
    tell(register, event(1, "shift_open", occurred_at=later(-1)))
    tell(register, event(2, "shift_open", occurred_at=later(0)))

    assert list(Shift.objects.order_by("era").values_list("era", flat=True)) == [0, 1]


def test_totals_are_added_up_key_by_key(db):
    with connection.cursor() as cursor:
        cursor.execute("""SELECT registers_totals_added('{"a": "1.50", "b": "2"}', '{"a": "0.50", "c": "-1.00"}'),
            registers_totals_added('{}', '{}')""")
        assert cursor.fetchone() == ('{"a": "2.00", "b": "2", "c": "-1.00"}', "{}")


def test_totals_so_far_are_those_that_would_have_been_counted(register):
    """The migration that counts what was there before, run over what was counted as it came."""
    so_far = import_module("registers.migrations.0007_totals_so_far").SQL
    tell(
        register,
        sale(1, line("10001", "2.000", vat="22"), line("404", number=2), receipt=paid(cash="97.00", card="200.00")),
        sale(2, line("10001"), kind="return"),
        sale(3, line("10001"), kind="cancelled"),
        event(4, "cash_in", amount="5.00"),
        event(5, "cash_out"),
        event(6, "cash_out", amount="1.00"),
    )
    counted = Shift.objects.get().totals

    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION registers_totals_added; UPDATE registers_shift SET totals = '{}'")
        cursor.execute(so_far)

    assert Shift.objects.get().totals == counted
