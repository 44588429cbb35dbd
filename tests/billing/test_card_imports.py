"""Cards from files: what a row makes, what is wrong with it, and the same file again, which changes nothing."""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.choices import CardStatus, NumberKind
from billing.models import BillingOperation, CardNumber, CardOwner, DiscountCard, LedgerEntry, Lot
from billing.services import cards, owners
from billing.services.card_imports import CardImporter, known
from retail.models import FileImport
from retail.services import imports
from tests.billing import carding
from tests.billing.carding import CARD, NOW, lots, told
from tests.billing.correcting import faults, held
from tests.billing.test_owners import traces
from tests.factories.billing import BonusLifeRuleFactory, CardKindFactory, CardOwnerFactory, DiscountCardFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.retail.files import actions, csv_file, problems, workbook

pytestmark = pytest.mark.django_db
HEADER = (
    "Штрихкод",
    "Магнитная дорожка",
    "Вид карты",
    "Владелец",
    "Телефон",
    "Бонусы",
    "Бонусы до",
    "Накопление",
    "Чеки",
)
ANNA = (CARD, "", "Золотая", "Петрова Анна", "+7 900 123-45-67", "150,50", "31.12.2027", "12500", "14")


@pytest.fixture(autouse=True)
def kind(db):
    return CardKindFactory(name="Золотая", code="GOLD")


def take_in(*rows, header=HEADER, dry_run=False, file=csv_file):
    source = imports.read(kind="cards", file=file(header, *rows))
    return list(source.check(now=NOW) if dry_run else source.run(now=NOW, file_name="cards.csv"))


def kept():
    """How many rows there are of what an import writes."""
    return [
        model.objects.count() for model in (DiscountCard, CardNumber, CardOwner, BillingOperation, Lot, LedgerEntry)
    ]


@pytest.mark.parametrize("file", [csv_file, workbook])
def test_a_row_makes_a_card_with_its_owner_and_what_it_begins_with(file):
    assert actions(take_in(ANNA, file=file)) == ["new"]

    card = DiscountCard.objects.select_related("owner", "kind").get(numbers__value=CARD)
    assert (card.kind.code, card.status, card.owner.name) == ("GOLD", CardStatus.ACTIVE, "Петрова Анна")
    assert [float(figure) for figure in held()] == [150.5, 12500, 14]
    assert Lot.objects.get(measure="bonuses").expires_at == datetime.fromisoformat("2028-01-01T00:00:00+03:00")
    assert faults() == {}
    assert FileImport.objects.values_list("kind", "new", "finished").get() == ("cards", 1, True)


def test_the_same_file_again_changes_nothing():
    take_in(ANNA)
    before = kept()

    assert actions(take_in(ANNA)) == ["same"]

    assert kept() == before


def test_the_same_file_changes_nothing_after_the_card_was_used_and_replaced():
    take_in(ANNA)
    told(RegisterFactory(), "a", "redeem", "50")
    card = DiscountCard.objects.get(numbers__value=CARD)
    cards.replace(card=card, number="3000", read_as=NumberKind.BARCODE, now=NOW)

    assert actions(take_in(ANNA)) == ["same"]

    assert (float(held("3000")[0]), faults()) == (100.5, {})


def test_a_check_writes_nothing():
    before = kept()

    [outcome] = take_in(ANNA, dry_run=True)

    assert outcome.action.value == "new"
    assert ("Bonuses", "150.5") in [(change.column, change.new) for change in outcome.changes]
    assert kept() == before


def test_another_beginning_is_refused_and_everything_else_of_a_known_card_is_mended():
    take_in(ANNA)

    again = take_in((CARD, "123=456?", "GOLD", "Петрова Мария", "+7 900 123-45-67", "150,50", "", "12500", "14"))
    other = take_in((CARD, "", "", "", "", "99", "", "", ""))

    assert (actions(again), actions(other)) == (["changed"], ["faulty"])
    assert "write a correction" in problems(other)[0]
    assert CardOwner.objects.get().name == "Петрова Мария"
    assert {one.kind for one in CardNumber.objects.filter(card__owner__isnull=False)} == {"barcode", "track"}
    assert float(held()[0]) == 150.5


def test_a_card_that_was_issued_before_gets_what_it_begins_with_and_meets_what_it_owes(kind):
    carding.card(kind=kind)
    told(RegisterFactory(), "a", "redeem", "50")

    assert actions(take_in((CARD, "", "", "", "", "80", "", "", ""))) == ["changed"]

    assert lots() == [(-50, 0), (80, 30)]
    assert faults() == {}


def test_what_a_file_gives_no_end_ends_as_its_kind_says(kind):
    kind.bonus_rule = BonusLifeRuleFactory(month=True)
    kind.turnover_life = 30
    kind.save()

    take_in((CARD, "", "", "", "", "80", "", "100", "1"))

    ends = dict(Lot.objects.values_list("measure", "expires_at"))
    assert ends["bonuses"].date() == date(2026, 12, 20)
    assert ends["turnover"].date() == date(2026, 12, 20)
    assert ends["receipts"] is None


def test_one_person_of_two_cards_is_entered_once():
    take_in(("1", "", "", "Петрова Анна", "8 900 1234567", "", "", "", ""), ANNA)
    take_in(("2", "", "", "ПЕТРОВА АННА", "9001234567", "", "", "", ""))
    take_in(("3", "", "", "Петров Иван", "9001234567", "", "", "", ""))

    assert sorted(CardOwner.objects.values_list("name", flat=True)) == ["Петров Иван", "Петрова Анна"]
    assert CardOwner.objects.get(name="Петрова Анна").cards.count() == 3


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("", "", "", "Анна", "", "", "", "", ""), "needs a number"),
        (("1", "", "Серебряная", "", "", "", "", "", ""), "no kind of cards “Серебряная”"),
        (("1", "", "", "", "", "-5", "", "", ""), "number from 0"),
        (("1", "", "", "", "", "1,555", "", "", ""), "two decimals"),
        (("1", "", "", "", "", "", "", "", "1,5"), "not a whole number"),
        (("1", "", "", "", "", "1", "завтра", "", ""), "is not a date"),
        (("1", "", "", "", "", "1", "31.12.9999", "", ""), "years 1900 to 2999"),
        (("1", "", "", "", "", "1", "01.01.0001", "", ""), "years 1900 to 2999"),
        (("7,90012E+10", "", "", "", "", "", "", "", ""), "Excel has rounded"),
        (("A", "B", "", "", "", "", "", "", ""), "belong to different cards"),
        (("A", "", "Золотая", "", "", "", "", "", ""), "is of the kind “Клубная”"),
        (("C", "", "", "", "", "5", "", "", ""), "The card is closed"),
        (("D", "", "", "Анна", "", "", "", "", ""), "was erased on request"),
        (("1" * 65, "", "", "", "", "", "", "", ""), "up to 64 characters"),
    ],
)
def test_a_faulty_row_says_what_is_wrong_and_the_others_go_in(kind, row, words):
    DiscountCardFactory(number="A", kind=CardKindFactory(name="Клубная"))
    DiscountCardFactory(number="B", kind=kind)
    DiscountCardFactory(number="C", kind=kind, status="closed")
    DiscountCardFactory(number="D", kind=kind, owner=CardOwnerFactory(name="", phone="", erased_at=NOW))
    good = (CARD, "", "Золотая", "", "", "", "", "", "")

    outcomes = take_in(row, good)

    assert actions(outcomes) == ["faulty", "new"]
    assert words in problems(outcomes)[0]


def test_a_card_that_a_file_names_twice_is_told_by_its_row():
    outcomes = take_in(ANNA, ANNA)

    assert actions(outcomes) == ["new", "faulty"]
    assert "Row 2 names this card too" in problems(outcomes)[0]


def test_of_several_kinds_one_is_named():
    CardKindFactory()

    assert "several kinds" in problems(take_in(("1", "", "", "", "", "", "", "", "")))[0]


@pytest.mark.parametrize("written", ["blocked", "Blocked", "Заблокирована"])
def test_a_status_is_written_in_any_language(written):
    outcomes = take_in(("1", written), ("2", "потеряна"), header=("barcode", "status"))

    assert actions(outcomes) == ["new", "faulty"]
    assert DiscountCard.objects.get().status == CardStatus.BLOCKED
    assert "no status" in problems(outcomes)[0]


def test_a_chunk_asks_as_much_for_many_rows_as_for_few():
    def queries(first, count):
        rows = [
            (f"{first}{n:05d}", "", "Золотая", f"Анна {n}", f"+7900{first}{n:05d}", "5", "", "", "")
            for n in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            take_in(*rows)
        return len(captured)

    queries("0", 2)
    assert queries("1", 2) == queries("2", 200)


def test_a_file_is_taken_in_from_the_command_line(tmp_path):
    path = tmp_path / "cards.csv"
    path.write_bytes(csv_file(HEADER, ANNA, ("", "", "", "", "", "1", "", "", "")).getvalue())
    out, err = StringIO(), StringIO()

    with pytest.raises(CommandError, match="left out"):
        call_command("import_cards", str(path), dry_run=True, stdout=out, stderr=err)
    assert not DiscountCard.objects.exists()
    with pytest.raises(CommandError, match="left out"):
        call_command("import_cards", str(path), stdout=out, stderr=err)

    assert DiscountCard.objects.count() == 1
    assert "2 rows: 1 new" in out.getvalue()
    assert "Row 3: A row needs a number" in err.getvalue()


def test_what_is_no_file_of_cards_is_refused(tmp_path):
    path = tmp_path / "cards.xlsx"
    path.write_bytes(b"PK\x03\x04 and nothing else")

    with pytest.raises(CommandError):
        call_command("import_cards", str(path))
    with pytest.raises(imports.UnreadableFile, match="no column"):
        take_in(header=("Владелец", "Телефон"))


def test_after_erasing_what_a_file_brought_leaves_no_trace():
    take_in(ANNA)
    owner = CardOwner.objects.get()

    owners.erase(owner=owner, request="№ 5", close_cards=False, by=UserFactory(), now=NOW + timedelta(days=1))

    assert traces("петрова", "123-45-67", "9001234567", "7654321009") == set()
    assert "was erased on request" in problems(take_in(ANNA))[0]


def test_every_column_has_an_example_that_can_be_read():
    columns = [column for column in CardImporter.columns if column.example]

    for column in columns:
        assert column.read(column.example) is not None


def test_a_number_that_is_issued_at_that_very_moment_is_looked_up_again(kind, monkeypatch):
    card = DiscountCardFactory(number=CARD, kind=kind)
    real, looked = known.look_up, []

    def look_up(rows, *, lock):
        found = real(rows, lock=lock)
        if not looked:
            found.numbers.clear()
        looked.append(found)
        return found

    monkeypatch.setattr(known, "look_up", look_up)

    assert actions(take_in(ANNA)) == ["changed"]
    assert (len(looked), CardNumber.objects.get(value=CARD).card) == (2, card)
    assert (float(held()[0]), faults()) == (150.5, {})
