"""The audit of the ledger: silent while operations write it, and naming whatever else has been written."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.models import DiscountCard, Lot
from billing.services.audits import CHECKS
from stock.services import audits
from tests.billing.carding import NOW, card, online, replace, told
from tests.billing.correcting import approved, line
from tests.factories.billing import BonusLifeRuleFactory, CardKindFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory

pytestmark = pytest.mark.django_db
GUARDED = ("billing_lot", "billing_ledgerentry", "billing_discountcard")


@pytest.fixture
def _happened():
    """A card where everything happened, and one that is to begin."""
    register = RegisterFactory()
    card()
    online(register, "a", "accrue", "100.00", turnover="500.00", receipts=1)
    told(register, "r", "redeem", "130.00")
    online(register, "b", "accrue", "50.00")
    online(register, "v", "reverse", "10.00", of="b")
    online(register, "w", "reverse", of="r")
    told(register, "early", "reverse", "5.00", of="late")
    told(register, "late", "accrue", "8.00")
    card("2", kind=CardKindFactory(bonus_rule=BonusLifeRuleFactory(starts_after_days=1)))
    online(register, "c", "accrue", "20.00", card="2")
    online(register, "vc", "reverse", "5.00", of="c", card="2")
    replace()


def corrupt(statement):
    """Write past every service, and past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)


@pytest.mark.usefixtures("_happened")
def test_what_operations_write_agrees():
    assert audits.run(since=NOW) == []
    call_command("audit", stdout=StringIO())


@pytest.mark.usefixtures("_happened")
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE billing_discountcard SET bonuses = bonuses + 1 WHERE id = {card}",
            {("card {card}", "bonuses")},
        ),
        (
            "UPDATE billing_discountcard SET receipts = 7 WHERE id = {card}",
            {("card {card}", "receipts")},
        ),
        (
            "UPDATE billing_lot SET remaining = 1 WHERE id = {lot}",
            {("card {card}", "turnover"), ("lot {lot} of card {card}", "remaining")},
        ),
        (
            "UPDATE billing_ledgerentry SET delta = delta + 1 WHERE lot_id = {lot} AND kind = 'accrued'",
            {("card {old}", "turnover"), ("lot {lot} of card {card}", "remaining")},
        ),
        (
            "UPDATE billing_lot SET remaining = 20 WHERE id = {pending}",
            {("lot {pending} of card {other}", "remaining")},
        ),
        (
            "DELETE FROM billing_lot WHERE id = {lot}",
            {("card {card}", "turnover"), ("lot  of card ", "remaining")},
        ),
    ],
)
def test_a_corrupted_row_is_named(statement, found):
    lot = Lot.objects.get(measure="turnover")
    pending = Lot.objects.get(activated=False)
    old = DiscountCard.objects.exclude(replaced_by=None).get()
    named = {"card": lot.card_id, "lot": lot.pk, "pending": pending.pk, "other": pending.card_id, "old": old.pk}

    corrupt(statement.format(**named))

    differences = {(one.row, one.field) for one in audits.run(since=NOW)}
    assert differences == {(row.format(**named), field) for row, field in found}


@pytest.mark.usefixtures("_happened")
def test_the_command_says_what_differs(capsys):
    corrupt("UPDATE billing_discountcard SET turnover = 1 WHERE replaced_by_id IS NULL")

    with pytest.raises(CommandError):
        call_command("audit")

    said = capsys.readouterr().out
    assert all(check in said for check in CHECKS)
    assert "turnover is 1.00, and 500.00 was counted" in said


@pytest.mark.parametrize("change", ["delta = delta + 1", "kind = 'accrued'"])
def test_a_correction_that_its_entries_do_not_add_up_to_is_named(change):
    OrganizationFactory()
    card()
    document = approved(line("100"), line("7", "turnover"))
    assert audits.run(since=NOW) == []

    corrupt(f"UPDATE billing_ledgerentry SET {change} WHERE document_id = {document.pk} AND delta = 100")

    named = {one.row for one in audits.run(since=NOW) if "corrections" in one.check}
    assert named == {f"correction {document.number}"}


def test_a_reversal_that_waits_on_another_card_takes_nothing_off_a_lot_to_begin():
    register = RegisterFactory()
    card()
    card("2", kind=CardKindFactory(bonus_rule=BonusLifeRuleFactory(starts_after_days=1)))
    online(register, "v", "reverse", "5.00", of="a")
    online(register, "a", "accrue", "20.00", card="2")

    assert Lot.objects.get().remaining == 20
    assert audits.run(since=NOW) == []
