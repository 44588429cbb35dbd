"""The journal and the error desk: how a transaction is found, what its page tells, and what it never breaks on."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from registers.choices import TransactionKind
from tests.factories.people import UserFactory
from tests.factories.registers import (
    KkmTransactionFactory,
    ReceiptFactory,
    RegisterFactory,
)
from tests.factories.retail import ShopFactory
from tests.registers.conftest import NOW, browser_of
from tests.registers.pages import conflict_with, list_page, page, text_of

pytestmark = pytest.mark.django_db


def test_one_is_found_by_its_number_or_its_unique_id(signed_in):
    one, other = KkmTransactionFactory(number=1041, uid="8f1c-1041"), KkmTransactionFactory(number=10410)

    for wanted, expected in (("1041", [one]), ("8f1c-1041", [one]), ("10410", [other]), ("104", []), ("x", [])):
        response = signed_in.get(list_page("kkmtransaction", q=wanted))
        assert list(response.context["cl"].result_list) == expected


@pytest.mark.parametrize("wanted", ["9" * 30, "²", "\x00", "%", "1041 1042", "'"])
def test_strange_searches_find_nothing_and_break_nothing(signed_in, wanted):
    KkmTransactionFactory(number=1041)

    assert signed_in.get(list_page("kkmtransaction", q=wanted)).status_code == 200


def test_the_list_is_narrowed_by_state_kind_register_and_date(signed_in):
    wanted = KkmTransactionFactory(on_desk=True, kind=TransactionKind.RETURN)
    KkmTransactionFactory(kind=TransactionKind.RETURN)
    KkmTransactionFactory(on_desk=True, received_at=NOW - timedelta(days=9))

    for query in (
        {"state__exact": "error_desk", "kind__exact": "return"},
        {"register__id__exact": wanted.register_id},
        {"state__exact": "error_desk", "received_at_from": "2026-11-20", "received_at_to": "2026-11-20"},
    ):
        response = signed_in.get(list_page("kkmtransaction", **query))
        assert list(response.context["cl"].result_list) == [wanted]


@pytest.mark.parametrize(
    ("language", "day", "found"),
    [
        ("ru", "20.11.2026", True),
        ("ru", "21.11.2026", False),
        ("en", "11/20/2026", True),
        ("en", "2026-11-20", True),
        ("en", "11/19/2026", False),
        ("en", "nonsense", True),
        ("en", "0001-01-01", False),
    ],
)
def test_days_are_written_as_the_language_writes_them(merchandiser, language, day, found):
    KkmTransactionFactory(received_at=NOW)
    client = browser_of(merchandiser, language)

    response = client.get(list_page("kkmtransaction", received_at_from=day, received_at_to=day))

    assert response.context["cl"].result_count == int(found)


def test_a_day_begins_and_ends_by_the_servers_clock(signed_in):
    midnight = datetime(2026, 11, 20, tzinfo=ZoneInfo("Europe/Moscow"))
    for moment in (-1, 0, 24 * 3600 - 1, 24 * 3600):
        KkmTransactionFactory(received_at=midnight + timedelta(seconds=moment))

    url = list_page("kkmtransaction", received_at_from="2026-11-20", received_at_to="2026-11-20")

    assert signed_in.get(url).context["cl"].result_count == 2


def test_a_past_period_is_listed_by_its_time_and_the_journal_by_its_key(signed_in):
    later, earlier = (
        KkmTransactionFactory(received_at=NOW),
        KkmTransactionFactory(received_at=NOW - timedelta(hours=1)),
    )

    journal = signed_in.get(list_page("kkmtransaction")).context["cl"].result_list
    period = (
        signed_in.get(list_page("kkmtransaction", received_at_from="2026-11-20", received_at_to="2026-11-20"))
        .context["cl"]
        .result_list
    )

    assert (list(journal), list(period)) == ([earlier, later], [later, earlier])


def test_the_error_desk_speaks_in_sentences(signed_in):
    problems = [
        {"code": "no_lines", "attr": "receipt.lines", "params": {}},
        {"code": "totals_differ", "attr": "receipt.total", "params": {"total": "10.00", "lines": "9.00"}},
    ]
    transaction = KkmTransactionFactory(on_desk=True, problems=problems)

    listed = text_of(signed_in.get(list_page("kkmtransaction")))
    shown = text_of(signed_in.get(page(transaction)))

    assert "On the error desk The receipt has no lines." in listed
    assert "The receipt has no lines. The receipt's total is 10.00, and its lines make 9.00." in shown


@pytest.mark.parametrize("problems", [["text"], [None], [{}], [{"code": None}]])
def test_problems_stored_in_another_shape_break_nothing(signed_in, problems):
    transaction = KkmTransactionFactory(on_desk=True, problems=problems)

    assert signed_in.get(page(transaction)).status_code == 200


def test_the_page_shows_what_came_and_what_came_of_it(signed_in):
    receipt = ReceiptFactory(shift__number=12, transaction__shift_number=12, number=77)
    other = conflict_with(receipt.transaction)

    content = signed_in.get(page(receipt.transaction)).content.decode()

    for fact in (receipt, receipt.shift, other):
        assert f'href="{page(fact)}"' in content


def test_what_could_not_be_read_waits_as_it_came(signed_in):
    transaction = KkmTransactionFactory(
        number=None,
        occurred_at=None,
        received_at=NOW,
        uid=None,
        kind="",
        shift_number=None,
        raw=b'{"a": 1, "a": 2}',
    )

    listed = text_of(signed_in.get(list_page("kkmtransaction")))
    shown = text_of(signed_in.get(page(transaction)))

    assert "unreadable" in listed
    assert "Nothing yet: it waits as it came." in shown
    assert '{ "a": 1, "a": 2 }' in shown


def test_markup_in_what_came_stays_text(signed_in):
    raw = json.dumps({"cashier": "<script>alert(1)</script>"}).encode()
    transaction = KkmTransactionFactory(raw=raw, uid="<b>uid</b>")

    content = signed_in.get(page(transaction)).content.decode()

    assert "<script>alert(1)" not in content
    assert "<b>uid" not in content


def test_the_very_bytes_can_be_saved(signed_in):
    transaction = KkmTransactionFactory(raw=b"\x00\xff<html>")

    response = signed_in.get(reverse("admin:registers_kkmtransaction_raw", args=[transaction.pk]))

    assert response.content == b"\x00\xff<html>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


def test_bytes_are_not_given_to_strangers():
    transaction = KkmTransactionFactory()
    stranger = browser_of(UserFactory())

    assert stranger.get(reverse("admin:registers_kkmtransaction_raw", args=[transaction.pk])).status_code == 404


def test_a_list_does_not_read_the_bodies(signed_in, django_assert_max_num_queries):
    KkmTransactionFactory()

    response = signed_in.get(list_page("kkmtransaction"))

    assert {"raw", "body_hash"} <= response.context["cl"].result_list[0].get_deferred_fields()


def test_a_time_is_shown_by_the_clock_of_the_shop(signed_in):
    register = RegisterFactory(shop=ShopFactory(far=True))
    KkmTransactionFactory(register=register, occurred_at=NOW)

    assert "11/20/2026 22:00:00 (UTC+10)" in text_of(signed_in.get(list_page("kkmtransaction")))
