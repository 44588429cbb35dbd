"""Corrections on their pages: one person writes, another approves, and the card tells of it."""

import pytest
from django.urls import reverse

from billing.models import CorrectionDocument
from billing.services import corrections
from config.roles import Role
from tests.billing import carding
from tests.billing.carding import CARD
from tests.billing.correcting import approved, held, line, submitted, written
from tests.factories.people import UserFactory
from tests.factories.retail import OrganizationFactory
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of

pytestmark = pytest.mark.django_db
LIST = "admin:billing_correctiondocument_changelist"
ADD = "admin:billing_correctiondocument_add"


@pytest.fixture(autouse=True)
def card(db):
    OrganizationFactory()
    return carding.card()


@pytest.fixture
def author():
    return UserFactory(role=Role.MERCHANDISER)


@pytest.fixture
def client(author):
    return browser_of(author)


@pytest.fixture
def accountant():
    return browser_of(UserFactory(role=Role.ACCOUNTANT))


def page(document, verb="change"):
    return reverse(f"admin:billing_correctiondocument_{verb}", args=[document.pk])


def typed(*lines, saved=0, **fields):
    said = {"reason": "Жалоба 17", "comment": "", "lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": saved}
    for place, fields_of_line in enumerate(lines):
        said |= {f"lines-{place}-{name}": value for name, value in fields_of_line.items()}
    return {**said, **fields}


def test_a_correction_is_typed_submitted_and_approved_by_another_person(client, accountant):
    bonus = {"number": CARD, "measure": "bonuses", "amount": "100", "expires_on": ""}

    added = client.post(reverse(ADD), typed(bonus), follow=True)
    document = CorrectionDocument.objects.get()
    assert added.redirect_chain[-1][0] == page(document)
    client.post(page(document, "submit_correction"), follow=True)
    assert page(document, "approve_correction") in accountant.get(page(document)).content.decode()
    assert "100.00" in text_of(accountant.get(page(document, "approve_correction")))
    done = accountant.post(page(document, "approve_correction"), follow=True)

    assert "the figures have moved" in text_of(done)
    assert held()[0] == 100


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": "777"}, "No discount card has this number"),
        ({"amount": "0"}, "Say how much to add"),
        ({"amount": "1.5", "measure": "receipts"}, "whole numbers"),
        ({"amount": "-1", "expires_on": "2090-01-01"}, "Only what is added has an end"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_at_its_field(client, wrong, words):
    fields = {"number": CARD, "measure": "bonuses", "amount": "100", "expires_on": "", **wrong}

    assert words in text_of(client.post(reverse(ADD), typed(fields)))
    assert not CorrectionDocument.objects.exists()


def test_lines_are_changed_added_and_deleted_while_it_is_a_draft(client, author):
    document = written(line("100"), line("5"), by=author)
    first, second = document.lines.order_by("line")

    client.post(
        page(document),
        typed(
            {"id": first.pk, "number": CARD, "measure": "bonuses", "amount": "70", "expires_on": ""},
            {"id": second.pk, "number": CARD, "measure": "bonuses", "amount": "5", "expires_on": "", "DELETE": "on"},
            {"number": CARD, "measure": "receipts", "amount": "2", "expires_on": ""},
            saved=2,
        ),
    )

    assert [(one.line, one.measure, one.amount) for one in document.lines.order_by("line")] == [
        (1, "bonuses", 70),
        (2, "receipts", 2),
    ]


def test_nobody_is_offered_to_approve_their_own_and_is_refused_in_words():
    boss = UserFactory(role=Role.ADMINISTRATOR)
    document = submitted(line("100"), by=boss)
    client = browser_of(boss)

    assert page(document, "approve_correction") not in client.get(page(document)).content.decode()
    assert "another person does" in text_of(client.post(page(document, "approve_correction"), follow=True))
    assert held()[0] == 0


def test_who_may_write_may_not_approve_and_the_other_way_round(client, accountant):
    document = submitted(line("100"))

    assert client.post(page(document, "approve_correction")).status_code == 403
    assert accountant.get(reverse(ADD)).status_code == 403
    assert accountant.post(page(document, "withdraw_correction")).status_code == 403


def test_a_refusal_says_why_on_the_page(client, accountant):
    document = submitted(line("100"))

    assert accountant.post(page(document, "refuse_correction"), {"why": ""}).context["form"].errors
    accountant.post(page(document, "refuse_correction"), {"why": "Нет чека"})

    shown = text_of(client.get(page(document)))
    assert "Refused" in shown
    assert "Нет чека" in shown
    assert page(document, "submit_correction") in client.get(page(document)).content.decode()


def test_lines_for_which_there_is_too_little_are_named(accountant):
    document = submitted(line("-60"), line("-1", "turnover"))

    said = text_of(accountant.post(page(document, "approve_correction"), follow=True))

    assert "line 1, card …0015, bonuses: 60.00 is lacking" in said
    assert "line 2, card …0015, accumulated sum: 1.00 is lacking" in said


def test_what_is_approved_is_only_read_and_taken_back_by_another_document(client):
    document = approved(line("100"))

    assert client.post(page(document), typed()).status_code == 403
    drafted = client.post(page(document, "take_back_correction"), {"why": "Ошибка"}, follow=True)

    opposite = CorrectionDocument.objects.get(reverses=document)
    assert drafted.redirect_chain[-1][0] == page(opposite)
    assert page(document) in drafted.content.decode()
    assert [one.amount for one in opposite.lines.all()] == [-100]
    assert "lines-0-amount" not in client.get(page(opposite)).content.decode()


def test_the_card_tells_of_it_in_its_timeline_and_under_each_figure(client, card):
    document = approved(line("100"))

    shown = client.get(reverse("admin:billing_discountcard_change", args=[card.pk]))

    [operation] = shown.context["operations"]["rows"]
    assert page(document) in operation["came"]
    assert "+100.00" in operation["amounts"][0]["figure"]
    [lot] = shown.context["chains"][0]["rows"]
    assert lot["entries"][0]["url"] == page(document)
    about = reverse("admin:billing_billingoperation_change", args=[document.entries.get().operation_id])
    assert page(document) in client.get(about).content.decode()


def test_a_draft_is_deleted_and_an_approved_one_is_not(client, author):
    draft, done = written(line("100"), by=author), approved(line("5"))

    client.post(page(draft, "delete"), {"post": "yes"})

    assert list(CorrectionDocument.objects.all()) == [done]
    assert client.post(page(done, "delete"), {"post": "yes"}).status_code == 403


def test_corrections_are_found_by_number_reason_and_card(client):
    document = written(line("100"))
    other = corrections.draft(reason="Иное", lines=[], by=document.written_by, now=document.date)

    def listed(**asked):
        return [one.pk for one in client.get(reverse(LIST), asked).context["cl"].result_list]

    assert listed(q=CARD) == listed(q="жалоба") == listed(q=document.number) == [document.pk]
    assert listed(stage__exact="written") == [other.pk, document.pk]


def test_the_list_and_the_page_ask_as_much_for_many_as_for_one(client):
    document = written(line("100"))
    few = queries_of(client, reverse(LIST)), queries_of(client, page(document))

    many = written(*(line("1") for _ in range(5)))

    assert (queries_of(client, reverse(LIST)), queries_of(client, page(many))) == few
