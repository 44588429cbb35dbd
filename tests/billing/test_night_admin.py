"""The night in the admin: runs with what they wrote and what they could not, documents with a line for each card."""

import pytest
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from billing import tasks
from billing.admin import night_documents
from billing.choices import ChunkState, NightState
from billing.models import AccrualDocument, CardNumber, DiscountCard, NightChunk, NightRun
from billing.services import night
from config.roles import Role
from retail.models import Constants
from tests.billing import nights
from tests.billing.nights import DAY, MIDNIGHT, a_chain, lot, poisoned
from tests.config.test_exports import rows_of
from tests.factories.billing import DiscountCardFactory, NightRunFactory
from tests.factories.people import UserFactory
from tests.factories.retail import OrganizationFactory
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = reverse("admin:billing_nightrun_changelist")
START = reverse("admin:billing_nightrun_run_night")


@pytest.fixture
def client():
    return browser_of(UserFactory(role=Role.ACCOUNTANT))


@pytest.fixture(autouse=True)
def _few_on_a_page(monkeypatch):
    monkeypatch.setattr(night_documents, "CARDS", 2)
    monkeypatch.setattr(night_documents, "EXPORTED", 2)
    monkeypatch.setattr(night, "CHUNK_LOTS", 2)


def url(obj, page="change"):
    return reverse(f"admin:billing_{obj._meta.model_name}_{page}", args=[obj.pk])


def accrual():
    return AccrualDocument.objects.get()


def number_of(card):
    return CardNumber.objects.get(card=card).value


def test_the_list_tells_of_each_run_what_it_wrote(client):
    a_chain(cards=3)
    nights.run()
    NightRunFactory(state=NightState.DONE, finished_at=nights.RUN_AT, document=None)

    shown = text_of(client.get(RUNS))

    assert "11/20/2026 Accrual Done № 000001 3 6 60.00 0.00 6" in shown
    assert "the schedule" in shown
    assert "Nothing to write" in shown


def test_lists_ask_as_much_for_many_rows_as_for_one(client):
    pages = [RUNS, reverse("admin:billing_accrualdocument_changelist")]
    NightRunFactory()
    for page in pages:
        client.get(page)
    few = [queries_of(client, page) for page in pages]

    NightRunFactory.create_batch(4)

    assert [queries_of(client, page) for page in pages] == few


def test_what_would_be_written_is_shown_before_it_is_written_in_the_name_of_who_asked(client):
    lot(DiscountCardFactory(), 10)
    OrganizationFactory()
    today = {"date": night.today(now=timezone.now()).isoformat()}

    asked = text_of(client.get(START, today))
    assert not NightRun.objects.exists()
    client.post(START, today)

    assert "Accrual on discount cards 1 1 10.00" in asked
    runs = NightRun.objects.order_by("pk")
    assert [run.state for run in runs] == [NightState.DONE] * 2
    assert {run.started_by.groups.get().name for run in runs} == {Role.ACCOUNTANT.value}
    assert runs[0].document.posted_by == runs[0].started_by
    assert "This date has been written already" in text_of(client.get(START, today))


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2199-01-01", "This date has not come yet."),
        ("1066-10-14", "No card has figures of such a day."),
        ("x", "Enter a valid date."),
    ],
)
def test_a_date_that_makes_no_sense_is_refused_in_words(client, date, said):
    for ask in (client.get, client.post):
        assert said in text_of(ask(START, {"date": date}))
    assert not NightRun.objects.exists()


def test_while_cards_are_off_the_page_says_so(client):
    Constants.objects.update(discount_cards=False)

    assert "switched off" in text_of(client.get(START))


def test_a_queue_that_does_not_answer_is_said(client, monkeypatch):
    def refuse(**_params):
        raise OperationalError

    monkeypatch.setattr(tasks.cards_night_of, "delay", refuse)

    shown = client.post(START, {"date": DAY.isoformat()}, follow=True)

    assert "The queue of tasks does not answer" in text_of(shown)


@pytest.mark.parametrize("role", [Role.MERCHANDISER, Role.OPERATOR])
def test_only_who_answers_for_the_books_may_run_it(role):
    client = browser_of(UserFactory(role=role))
    run = NightRunFactory()

    assert client.get(RUNS).status_code == 200
    assert client.get(url(run)).status_code == 200
    assert client.post(START, {"date": DAY.isoformat()}).status_code == 403
    assert client.post(url(run, "go_on")).status_code == 403
    assert client.post(url(run, "try_again")).status_code == 403


def test_the_page_of_a_run_names_the_cards_it_could_not_do_and_they_are_tried_again(client):
    made = a_chain(cards=3)
    with poisoned(made[1]):
        [run, _write_off] = nights.run()
        before = (accrual().number, accrual().posted_at)
        shown = text_of(client.get(url(run)))
        client.post(url(run, "try_again"))
        run.refresh_from_db()
        assert run.failed == 1

    asked = client.get(url(run, "try_again"))
    client.post(url(run, "try_again"), follow=True)

    run.refresh_from_db()
    assert f"…{number_of(made[1])[-4:]}" in shown
    assert "out of range" in shown
    assert "Try the cards again" in text_of(asked)
    assert (run.state, run.failed) == (NightState.DONE, 0)
    assert (accrual().number, accrual().posted_at) == before
    assert (accrual().cards, accrual().lots, accrual().bonuses) == (3, 6, 60)
    assert nights.differences() == []
    assert client.get(url(run, "try_again")).status_code == 200
    assert client.post(url(run, "try_again")).status_code == 302


def test_nothing_is_tried_again_where_nothing_failed():
    a_chain(cards=1)
    [run, _write_off] = nights.run()

    with pytest.raises(night.NothingFailed):
        night.retry(run=run, now=nights.RUN_AT)


def test_the_page_of_a_run_asks_how_far_it_is_until_it_is_done(client):
    made = a_chain(cards=2)
    [run, _write_off] = nights.run()
    progress = url(run, "progress")
    assert "hx-get" not in client.get(progress).content.decode()
    NightChunk.objects.filter(run=run, first_card=made[1].pk).update(state=ChunkState.PLANNED)
    NightRun.objects.filter(pk=run.pk).update(state=NightState.RUNNING, finished_at=None)

    answer = client.get(progress)

    assert f'hx-get="{progress}"' in answer.content.decode()
    assert "Chunks done: 1 of 2" in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert client.get(progress.replace(str(run.pk), "999999")).status_code == 404


def test_what_was_interrupted_goes_on_by_hand_and_by_the_schedule(client):
    a_chain(cards=2)
    for ways in (lambda run: client.post(url(run, "go_on")), lambda run: tasks.cards_night()):
        [run, _write_off] = nights.run()
        NightRun.objects.filter(pk=run.pk).update(state=NightState.RUNNING, finished_at=None)

        ways(run)

        run.refresh_from_db()
        assert run.state == NightState.DONE


def test_a_document_shows_totals_and_leafs_through_its_cards(client):
    made = a_chain(cards=3)
    nights.run()

    first = client.get(url(accrual()))
    second = client.get(f"{url(accrual())}{first.context['next_url']}")

    assert "3 cards, 6 lots" in text_of(first)
    assert [len(page.context["rows"]) for page in (first, second)] == [2, 1]
    assert number_of(made[2])[-4:] in text_of(second)
    assert second.context["next_url"] is None
    assert second.context["first_url"] == "?"


def test_a_page_of_lines_costs_the_same_whatever_the_length_of_the_document(client):
    a_chain(cards=2)
    nights.run()
    client.get(url(accrual()))
    few = queries_of(client, url(accrual()))
    kind = DiscountCard.objects.first().kind
    for _ in range(6):
        lot(DiscountCardFactory(kind=kind), 1)
    nights.run(date=nights.DAY.replace(day=21), now=nights.RUN_AT.replace(day=21))

    longer = AccrualDocument.objects.order_by("-pk").first()

    assert longer.cards == 6
    assert queries_of(client, url(longer)) == few


def test_a_card_is_found_in_a_document_with_the_entries_behind_its_line(client):
    made = a_chain(cards=3)
    nights.run()
    stranger = DiscountCardFactory()

    found = client.get(url(accrual()), {"card": number_of(made[1])})
    by_key = client.get(url(accrual()), {"of": made[1].pk})

    for page in (found, by_key):
        assert len(page.context["rows"]) == 1
        assert [entry["kind"] for entry in page.context["entries"]] == ["Begun", "Begun"]
    for strange in (number_of(stranger), "no such number", "\x00"):
        shown = client.get(url(accrual()), {"card": strange})
        assert shown.status_code == 200
    assert "This card is not in the document." in text_of(client.get(url(accrual()), {"card": number_of(stranger)}))
    assert client.get(url(accrual()), {"after": "9" * 30, "of": "x"}).status_code == 200


def test_all_lines_leave_as_a_file(client, monkeypatch):
    made = a_chain(cards=3)
    nights.run()
    lines = url(accrual(), "lines")

    rows = rows_of(client.get(lines))
    workbook = client.get(lines, {"format": "xlsx"})
    read = b"".join(workbook.streaming_content)
    workbook.close()
    monkeypatch.setattr(night_documents, "SHEET_CARDS", 2)
    too_long = client.get(lines, {"format": "xlsx"}, follow=True)

    assert rows == [
        ["Discount card", "Bonuses", "Accumulated sum", "Receipts", "Lots"],
        [f"…{number_of(made[0])[-4:]}", "10.00", "0", "1", "2"],
        [f"…{number_of(made[1])[-4:]}", "20.00", "0", "2", "2"],
        [f"…{number_of(made[2])[-4:]}", "30.00", "0", "3", "2"],
    ]
    assert read.startswith(b"PK")
    assert workbook["Content-Disposition"].endswith('.xlsx"')
    assert "choose CSV" in text_of(too_long)


def test_numbers_are_whole_for_who_may_see_personal_data():
    client = browser_of(UserFactory(role=Role.ADMINISTRATOR))
    made = a_chain(cards=1)
    nights.run()

    assert number_of(made[0]) in text_of(client.get(url(accrual())))
    assert rows_of(client.get(url(accrual(), "lines")))[1][0] == number_of(made[0])


def test_from_the_page_of_a_card_one_comes_to_the_document_and_back(client):
    [card] = a_chain(cards=1)
    nights.run()
    page = reverse("admin:billing_discountcard_change", args=[card.pk])

    assert url(accrual()) in client.get(page).content.decode()
    assert page in client.get(url(accrual())).content.decode()


def test_a_run_says_how_long_it_took(client):
    run = NightRunFactory(
        state=NightState.DONE, started_at=MIDNIGHT, finished_at=MIDNIGHT.replace(minute=2, second=5), document=None
    )

    assert "2 min 05 s" in text_of(client.get(url(run)))
