"""Whose cards they are: found however a phone is written, given to cards, told all that is held, erased for ever."""

import json
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from billing.admin import owner_files
from billing.choices import NumberKind
from billing.models import CardOwner, DiscountCard, LedgerEntry
from billing.services import cards, owners
from billing.services.owners import Person
from retail.models import Edit
from tests.billing import carding
from tests.billing.carding import CARD, NOW, told
from tests.billing.correcting import approved, faults, line
from tests.factories.billing import CardOwnerFactory, DiscountCardFactory
from tests.factories.people import UserFactory
from tests.factories.registers import ReceiptFactory, RegisterFactory
from tests.factories.retail import OrganizationFactory

pytestmark = pytest.mark.django_db
ANNA = Person("Петрова-Водкина Анна", "+7 (900) 123-45-67", date(2026, 5, 1))


def found(term):
    return [owner.pk for owner in owners.search(term=term)]


@pytest.mark.parametrize("written", ["+7 (900) 123-45-67", "89001234567", "9001234567", "8 900 123 45 67"])
@pytest.mark.parametrize("term", ["+79001234567", "8(900)123-45-67", "900 123 45 67", "4567", "123-45-67"])
def test_an_owner_is_found_by_a_phone_or_its_end_however_either_is_written(written, term):
    owner = CardOwnerFactory(name="Анна", phone=written)
    CardOwnerFactory(phone="+79007654321")

    assert found(term) == [owner.pk]


@pytest.mark.parametrize("term", ["петрова", "ПЕТР", "анна пет", "водкина", "Петрова-В"])
def test_an_owner_is_found_by_the_beginnings_of_words_of_the_name(term):
    owner = CardOwnerFactory(name=ANNA.name)
    CardOwnerFactory(name="Иванов Пётр")

    assert found(term) == [owner.pk]


@pytest.mark.parametrize("term", ["567", "", "()'&!:*", "етров"])
def test_what_names_nobody_finds_nobody(term):
    CardOwnerFactory(name=ANNA.name, phone=ANNA.phone)

    assert found(term) == []


@pytest.mark.parametrize("condition", ["phone_key LIKE '7654321009%'", "words @@ 'петр:*'::tsquery"])
def test_searches_have_an_index(condition):
    words = "to_tsvector('simple'::regconfig, COALESCE(\"name\", ''))"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM billing_cardowner WHERE {condition.replace('words', words)}")
        plan = " ".join(row[0] for row in cursor.fetchall())

    assert "billing_owner_by_" in plan


def test_a_card_is_given_to_whoever_is_known_or_to_somebody_new():
    first, second = carding.card(), DiscountCardFactory()

    owner = owners.give(card=first, person=ANNA, now=NOW)
    same = owners.give(card=second, person=Person("ПЕТРОВА-ВОДКИНА АННА", "8 900 1234567"), now=NOW)
    other = owners.give(card=second, person=Person("Петров Иван", "8 900 1234567"), now=NOW)

    assert owner == same
    assert other != owner
    assert list(owner.cards.all()) == [first]
    with pytest.raises(owners.Nobody):
        owners.give(card=first, person=Person(" "), now=NOW)
    with pytest.raises(owners.Nobody):
        owners.save(owner=CardOwner(name=""))


def test_a_card_that_was_replaced_is_given_to_nobody():
    card = carding.card()
    cards.replace(card=card, number="3000", read_as=NumberKind.BARCODE, now=NOW)

    with pytest.raises(cards.NotNow):
        owners.give(card=card, person=ANNA, now=NOW)


def a_person_with_a_past():
    """An owner of two cards, with operations, a receipt, a correction; edited and noted."""
    OrganizationFactory()
    register = RegisterFactory()
    card = carding.card()
    owner = owners.give(card=card, person=ANNA, now=NOW)
    ReceiptFactory(register=register, uid="r-1", number=452)
    told(register, "a", "accrue", "100", turnover="2000", receipts=1, receipt_uid="r-1")
    told(register, "b", "redeem", "30")
    approved(line("5"))
    cards.replace(card=card, number="3000", read_as=NumberKind.BARCODE, now=NOW)
    owner.name += " Ивановна"
    owners.save(owner=owner)
    return owner


def test_all_that_is_held_about_a_person_is_told():
    owner = a_person_with_a_past()

    record = json.loads(owner_files.as_json(owner, now=NOW))

    assert record["owner"]["name"] == "Петрова-Водкина Анна Ивановна"
    assert record["owner"]["consented_on"] == "2026-05-01"
    assert [len(record[key]) for key in ("cards", "numbers", "operations", "lots", "corrections")] == [2, 2, 3, 4, 1]
    assert {one["number"] for one in record["numbers"]} == {CARD, "3000"}
    assert record["operations"][0]["receipt"] == 452
    assert record["corrections"][0]["reason"] == "Жалоба 17"
    assert owner_files.as_workbook(owner)[:2] == b"PK"


def everything_that_is_kept():
    """Every row of every table of the product, as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True)
        for table in [*tables, "django_session", "django_admin_log"]:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (text,) in cursor.fetchall():
                yield table, text


def traces(*words):
    return {table for table, text in everything_that_is_kept() if any(word in text.casefold() for word in words)}


def test_after_erasing_neither_name_nor_phone_is_anywhere_and_the_ledger_is_untouched():
    owner = a_person_with_a_past()
    words = ("водкина", "ивановна", "900) 123", "9001234567", "7654321009")
    ledger = list(LedgerEntry.objects.order_by("pk").values())
    assert traces(*words) == {"billing_cardowner"}

    boss = UserFactory(first_name="Олег", last_name="Громов")
    erased = owners.erase(owner=owner, request="Заявление № 5", close_cards=False, by=boss, now=NOW)

    assert traces(*words) == set()
    assert (erased.erased_by, erased.erased_at, erased.erasure_request) == (boss, NOW, "Заявление № 5")
    assert list(LedgerEntry.objects.order_by("pk").values()) == ledger
    assert faults() == {}
    assert DiscountCard.objects.get(numbers__value="3000").status == "active"
    assert found("4567") == found("Петрова") == []


def test_the_cards_may_be_closed_with_it():
    owner = a_person_with_a_past()

    owners.erase(owner=owner, request="№ 5", close_cards=True, by=UserFactory(), now=NOW)

    assert set(owner.cards.values_list("status", flat=True)) == {"closed"}


def test_data_is_erased_by_a_request_and_once():
    owner = a_person_with_a_past()
    by = UserFactory()

    with pytest.raises(owners.WithoutRequest):
        owners.erase(owner=owner, request=" ", close_cards=False, by=by, now=NOW)
    owners.erase(owner=owner, request="№ 5", close_cards=False, by=by, now=NOW)

    with pytest.raises(owners.AlreadyErased):
        owners.erase(owner=owner, request="№ 6", close_cards=False, by=by, now=NOW)
    with pytest.raises(owners.AlreadyErased):
        owners.save(owner=owner)


@pytest.mark.parametrize("change", [{"name": "Анна"}, {"erasure_request": "№ 6"}, {"erased_at": None}])
def test_what_was_erased_stays_erased_in_the_database(change):
    owner = CardOwnerFactory(name="", phone="", erased_at=NOW)

    with pytest.raises(IntegrityError, match="was erased on request"), transaction.atomic():
        CardOwner.objects.filter(pk=owner.pk).update(**change)
    with pytest.raises(IntegrityError, match="was erased on request"), transaction.atomic():
        owner.delete()


def test_the_history_says_that_a_name_was_changed_and_not_from_what_to_what():
    owner = CardOwnerFactory(name=ANNA.name, phone=ANNA.phone)
    owner.phone = "+79007654321"
    owners.save(owner=owner)

    edit = Edit.objects.filter(model="billing.cardowner").latest("pk")

    assert edit.changes == {"phone": []}
    assert traces("900) 123") == set()


def test_documents_that_name_the_person_are_told_before_erasing():
    owner = a_person_with_a_past()
    assert not owners.mentions(owner=owner)

    owner.name = "Жалоба Анна"  # Which is what the correction's reason begins with.
    assert len(owners.mentions(owner=owner)) == 1
