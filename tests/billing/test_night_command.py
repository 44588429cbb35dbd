"""The night from the schedule and from the command line."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing import tasks
from billing.models import Lot, NightRun
from billing.services.night import chunks
from tests.billing.nights import a_chain, fail_first, lot, poisoned
from tests.factories.billing import DiscountCardFactory
from tests.factories.retail import OrganizationFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_task_writes_today():
    OrganizationFactory()
    lot(DiscountCardFactory(), 10)

    tasks.cards_night()

    assert Lot.objects.get().activated


def test_the_command_says_what_was_written(capsys):
    a_chain(cards=2)

    call_command("run_cards_night", "--date=2026-11-20")

    said = capsys.readouterr().out
    assert "11/20/2026: Done; Accrual on discount cards 000001" in said


def test_the_command_says_what_would_be_written(capsys):
    a_chain(cards=2)

    call_command("run_cards_night", "--date=2026-11-20", "--preview")

    assert "Accrual on discount cards: cards 2, lots 4, bonuses 30.00" in capsys.readouterr().out
    assert NightRun.objects.count() == 0


def test_the_command_fails_when_a_card_could_not_be(capsys):
    made = a_chain(cards=2)

    with poisoned(made[0]), pytest.raises(CommandError, match="could not be written: 1"):
        call_command("run_cards_night", "--date=2026-11-20")

    assert f"card {made[0].pk}: integer out of range" in capsys.readouterr().out


def test_the_command_fails_when_it_was_stopped(monkeypatch, settings):
    settings.CARDS_NIGHT_HANDS = 1  # Another hand would try on.
    a_chain(cards=1)
    fail_first(monkeypatch, chunks.ATTEMPTS)

    with pytest.raises(CommandError, match="run it again"):
        call_command("run_cards_night", "--date=2026-11-20", stdout=StringIO())


def test_the_command_refuses_a_date_that_has_not_come():
    with pytest.raises(CommandError, match="has not come"):
        call_command("run_cards_night", f"--date={date(2999, 1, 1)}")
