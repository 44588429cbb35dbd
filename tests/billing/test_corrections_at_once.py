"""Two people approve the same correction at once, or a till takes meanwhile: real threads on PostgreSQL."""

import pytest

from billing.models import CorrectionDocument
from billing.services import corrections
from billing.services.corrections import refusals
from tests.billing import carding
from tests.billing.carding import online, told
from tests.billing.correcting import LATER, faults, held, line, submitted
from tests.billing.test_cards_at_once import one_after_another
from tests.billing.test_operations_at_once import refused
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def register(db):
    OrganizationFactory()
    register = RegisterFactory()
    carding.card()
    told(register, "a", "accrue", "100")
    return register


def approving(document):
    person = UserFactory()
    return lambda: corrections.approve(
        document=CorrectionDocument.objects.get(pk=document.pk), by=person, now=LATER
    )  # fmt: skip


def test_of_two_approvals_at_once_one_is_refused_and_figures_move_once(register):
    document = submitted(line("-30"))

    answers = one_after_another(approving(document), approving(document))

    assert [type(error) for error in refused(answers)] == [refusals.NotSubmitted]
    assert (held()[0], faults()) == (70, {})


def test_the_test_would_notice_a_missing_lock(register, monkeypatch):
    document = submitted(line("-30"))
    monkeypatch.setattr(corrections, "_lock", lambda one: CorrectionDocument.objects.get(pk=one.pk))

    answers = one_after_another(approving(document), approving(document))

    assert [type(error) for error in refused(answers)] != [refusals.NotSubmitted]


def test_what_a_till_takes_meanwhile_is_not_taken_off_too(register):
    document = submitted(line("-80"))

    answers = one_after_another(lambda: online(register, "b", "redeem", "80"), approving(document))

    assert [type(error) for error in refused(answers)] == [refusals.NotEnoughOnCards]
    assert (held()[0], faults()) == (20, {})
