"""Series of cards: numbers that follow one another, all of them or none."""

import pytest
from django.db import IntegrityError

from billing.choices import NumberKind
from billing.models import CardNumber, DiscountCard
from billing.services.cards import series
from billing.services.cards.series import NotASeries, NumbersTaken
from retail.models import Edit
from tests.billing import carding
from tests.billing.carding import NOW
from tests.factories.billing import CardKindFactory

pytestmark = pytest.mark.django_db


def numbers_of(first, count):
    return series.plan(first=first, count=count).numbers


def issued(first, count, **fields):
    fields = {"kind": fields.pop("kind", None) or CardKindFactory(), "read_as": NumberKind.BARCODE, **fields}
    return series.issue(first=first, count=count, now=NOW, **fields)


def test_numbers_of_13_digits_carry_their_check_digit():
    assert numbers_of("2700000000014", 3) == ["2700000000014", "2700000000021", "2700000000038"]


def test_other_numbers_count_on_with_their_zeros():
    assert numbers_of("CLUB0099", 2) == ["CLUB0099", "CLUB0100"]
    assert numbers_of("000998", 2) == ["000998", "000999"]


@pytest.mark.parametrize(
    ("first", "count", "attr"),
    [
        ("2700000000015", 1, "first"),
        ("CLUB", 1, "first"),
        ("12 34", 1, "first"),
        ("", 1, "first"),
        ("²", 1, "first"),
        ("1" * 65, 1, "first"),
        ("CLUB99", 2, "count"),
        ("1", 0, "count"),
        ("1", 100_001, "count"),
    ],
)
def test_what_makes_no_series_is_refused_at_its_field(first, count, attr):
    with pytest.raises(NotASeries) as refused:
        numbers_of(first, count)

    assert refused.value.attr == attr


def test_a_wrong_check_digit_is_told_with_the_right_one():
    with pytest.raises(NotASeries, match="2700000000014"):
        numbers_of("2700000000015", 1)


def test_cards_are_issued_with_a_number_each():
    kind = CardKindFactory()

    assert issued("C001", 100, kind=kind, read_as=NumberKind.TRACK) == 100

    cards = DiscountCard.objects.filter(kind=kind, status="issued", issued_at=NOW, version=0)
    assert cards.count() == cards.filter(numbers__kind="track").count() == 100
    in_order = CardNumber.objects.order_by("card").values_list("value", flat=True)
    assert list(in_order) == [f"C{number:03d}" for number in range(1, 101)]
    assert Edit.objects.of_page(("billing.cardkind", [kind.pk])).filter(note="A series of cards was issued").exists()


def test_none_is_issued_where_one_is_taken():
    carding.card("C002")

    assert series.plan(first="C001", count=3).taken == ["C002"]
    with pytest.raises(NumbersTaken, match="C002"):
        issued("C001", 3)

    assert DiscountCard.objects.count() == 1


def test_none_is_issued_where_one_is_taken_meanwhile(monkeypatch):
    carding.card("C002")
    monkeypatch.setattr(series, "plan", lambda **asked: series.Series(["C001", "C002"], []))

    with pytest.raises(NumbersTaken) as refused:
        issued("C001", 2)

    assert isinstance(refused.value.__cause__, IntegrityError)
    assert DiscountCard.objects.count() == 1
