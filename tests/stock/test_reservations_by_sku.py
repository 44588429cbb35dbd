"""Registers that name goods and no lines: what is given up stays for the same receipt for a moment."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from registers.choices import StockControl
from stock.models import Reservation
from stock.services import audits, reservations
from stock.services.reservations import by_sku
from tests.factories.retail import BarcodeFactory
from tests.stock.holding import asking, balance, held, hold_of, stocked

pytestmark = pytest.mark.django_db
UID = "0b7c9f5e-6f0e-4a52-9f3e-2f3d3f8e1a10"


@pytest.fixture
def register(db):
    return asking()


@pytest.fixture
def milk(register):
    return stocked(register, 5, name="Молоко")


@pytest.fixture
def bread(register):
    return stocked(register, 5, name="Хлеб")


def more(register, sku, quantity, uid=UID):
    return by_sku.hold_more(register=register, receipt_uid=uid, code=sku.code, quantity=Decimal(quantity))


def less(register, sku, quantity, uid=UID):
    return by_sku.hold_less(register=register, receipt_uid=uid, code=sku.code, quantity=Decimal(quantity))


def let_kept_run_out():
    Reservation.objects.filter(receipt_uid__contains="~").update(expires_at=timezone.now() - timedelta(seconds=1))


def lines_of(register, uid=UID):
    return [(one.sku_id, one.quantity) for one in hold_of(register, uid).held]


def test_the_same_goods_count_together(register, milk, bread):
    more(register, milk, "1.5")
    more(register, bread, 1)

    granted = more(register, milk, 2)

    assert [(line.sku, line.quantity) for line in granted.lines] == [(milk.code, Decimal("3.5"))]
    assert lines_of(register) == [(milk.pk, Decimal("3.5")), (bread.pk, Decimal(1))]
    assert (held(register, milk), held(register, bread)) == (Decimal("3.5"), 1)


def test_a_barcode_names_the_same_goods_as_their_code(register, milk):
    barcode = BarcodeFactory(sku=milk)
    more(register, milk, 1)

    by_sku.hold_more(register=register, receipt_uid=UID, code=barcode.value, quantity=Decimal(1))

    assert lines_of(register) == [(milk.pk, Decimal(2))]


def test_more_than_is_free_is_refused_and_what_was_held_stays(register, milk):
    more(register, milk, 4)
    Reservation.objects.update(expires_at=timezone.now() + timedelta(seconds=5))

    with pytest.raises(reservations.Refused) as refused:
        more(register, milk, 2)

    assert str(refused.value) == "“Молоко”: 6 asked, 1 free. This receipt holds 4."
    assert held(register, milk) == 4
    assert hold_of(register, UID).expires_at > timezone.now() + timedelta(minutes=1)


def test_a_receipt_that_is_refused_from_the_first_leaves_nothing(register, milk):
    with pytest.raises(reservations.Refused):
        more(register, milk, 6)

    assert not Reservation.objects.exists()


def test_what_is_given_up_is_kept_from_others(register, milk):
    rival = asking(warehouse=register.warehouse)
    more(register, milk, 3)
    revision = balance(register, milk).revision

    given = less(register, milk, 3)

    assert given == 3
    assert (held(register, milk), balance(register, milk).revision) == (3, revision)
    with pytest.raises(reservations.Refused):
        more(rival, milk, 3, uid="rival")
    more(rival, milk, 2, uid="rival")


@pytest.mark.parametrize("asked", ["1", "3", "5"])
def test_the_next_asking_settles_with_what_is_kept(register, milk, asked):
    more(register, milk, 3)
    less(register, milk, 3)

    more(register, milk, asked)

    assert held(register, milk) == Decimal(asked)
    assert lines_of(register) == [(milk.pk, Decimal(asked))]
    assert Reservation.objects.count() == 1


def test_a_refused_change_keeps_what_was_given_up(register, milk):
    more(register, milk, 3)
    less(register, milk, 3)

    with pytest.raises(reservations.Refused):
        more(register, milk, 6)
    more(register, milk, 3)

    assert held(register, milk) == 3


def test_one_of_two_lines_of_the_same_goods_is_changed(register, milk):
    more(register, milk, 2)
    more(register, milk, 1)

    less(register, milk, 1)
    more(register, milk, 3)

    assert held(register, milk) == 5


def test_what_is_kept_and_not_asked_for_again_is_let_go_by_the_sweep(register, milk):
    more(register, milk, 3)
    less(register, milk, 2)
    let_kept_run_out()

    reservations.sweep()

    assert held(register, milk) == 1
    assert lines_of(register) == [(milk.pk, Decimal(1))]


def test_a_rival_who_would_be_refused_lets_go_what_was_kept_too_long(register, milk):
    rival = asking(warehouse=register.warehouse)
    more(register, milk, 5)
    less(register, milk, 5)
    let_kept_run_out()

    more(rival, milk, 5, uid="rival")

    assert held(register, milk) == 5
    with pytest.raises(reservations.Refused):
        more(register, milk, 5)


def test_goods_are_kept_for_seconds_and_the_receipt_for_minutes(register, milk):
    more(register, milk, 2)
    less(register, milk, 1)

    kept = Reservation.objects.get(receipt_uid=f"{UID}~{milk.pk}")
    assert timedelta(0) < kept.expires_at - timezone.now() <= by_sku.KEPT_FOR
    assert hold_of(register, UID).expires_at > timezone.now() + timedelta(minutes=10)


def test_what_is_kept_twice_adds_up(register, milk):
    more(register, milk, 4)
    less(register, milk, 1)
    less(register, milk, 2)

    assert Reservation.objects.get(receipt_uid=f"{UID}~{milk.pk}").held[0].quantity == 3
    assert held(register, milk) == 4
    more(register, milk, 4)
    assert held(register, milk) == 5


def test_what_ran_out_is_kept_anew_by_the_same_row(register, milk):
    more(register, milk, 3)
    less(register, milk, 1)
    let_kept_run_out()
    reservations.sweep()

    less(register, milk, 2)

    assert held(register, milk) == 2
    assert Reservation.objects.get(receipt_uid=f"{UID}~{milk.pk}").state == "open"


def test_a_register_that_has_moved_lets_go_what_it_kept_where_it_was(register, milk):
    more(register, milk, 3)
    less(register, milk, 1)
    elsewhere = asking().warehouse
    Reservation.objects.filter(receipt_uid__contains="~").update(warehouse=elsewhere)

    less(register, milk, 1)

    assert hold_of(register, f"{UID}~{milk.pk}").warehouse == register.warehouse
    assert hold_of(register, f"{UID}~{milk.pk}").held[0].quantity == 1


def test_what_is_not_held_is_given_up_in_silence(register, milk, bread):
    more(register, milk, 1)

    assert less(register, bread, 1) == 0
    assert less(register, milk, 5) == 1
    assert less(register, milk, 1, uid="never heard of") == 0
    assert by_sku.hold_less(register=register, receipt_uid=UID, code="404", quantity=Decimal(1)) == 0


def test_who_has_withdrawn_goods_may_have_fewer_of_them(register, milk):
    more(register, milk, 3)
    milk.withdrawn = True
    milk.save()

    less(register, milk, 3)
    more(register, milk, 2)

    assert held(register, milk) == 2


@pytest.mark.parametrize(("uid", "quantity"), [("u" * 41, "1"), ("", "1"), (UID, "0"), (UID, "-1"), (UID, "0.0001")])
def test_nonsense_is_refused(register, milk, uid, quantity):
    for verb in (more, less):
        with pytest.raises(reservations.Nonsense):
            verb(register, milk, quantity, uid=uid)


def test_a_register_that_asks_nobody_is_told_so(milk):
    other = asking(stock_control=StockControl.NONE)

    with pytest.raises(reservations.NotAsked):
        more(other, milk, 1)
    assert not Reservation.objects.exists()


def test_the_audit_finds_what_is_kept_in_its_place(register, milk):
    more(register, milk, 3)
    less(register, milk, 2)

    assert "reserved" not in {found.field for found in audits.run()}


def change_against_a_rival(register, milk, *, rounds) -> int:
    """Hold all there is and change it by turns, while a rival asks for one; return how often the rival got it."""
    rival = asking(warehouse=register.warehouse)
    more(register, milk, 5)
    begin = Barrier(2)
    won: list[object] = []
    done: list[bool] = []

    def compete():
        try:
            begin.wait(5)
            while not done and not won:
                with suppress(reservations.Refused):
                    won.append(more(rival, milk, 1, uid="rival"))
        finally:
            connection.close()

    thread = Thread(target=compete)
    thread.start()
    begin.wait(5)
    with suppress(reservations.Refused):
        for _round in range(rounds):
            less(register, milk, 5)
            more(register, milk, 5)
    done.append(True)
    thread.join(10)
    return len(won)


@pytest.mark.django_db(transaction=True)
def test_no_rival_gets_between_giving_up_and_asking_anew(register, milk):
    assert change_against_a_rival(register, milk, rounds=10) == 0
    assert held(register, milk) == 5


@pytest.mark.django_db(transaction=True)
def test_a_rival_does_get_in_where_nothing_is_kept(register, milk, monkeypatch):
    monkeypatch.setattr(by_sku, "KEPT_FOR", timedelta(seconds=-1))

    assert change_against_a_rival(register, milk, rounds=200) == 1


@pytest.mark.django_db(transaction=True)
def test_askings_of_one_receipt_at_once_are_added_up(register, milk):
    begin = Barrier(4)

    def ask():
        try:
            begin.wait(5)
            more(register, milk, 1)
        finally:
            connection.close()

    threads = [Thread(target=ask) for _place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert held(register, milk) == 4
