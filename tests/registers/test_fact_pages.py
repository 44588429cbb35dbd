"""Transactions, receipts, shifts and conflicts in the admin: windows that show everything and change nothing."""

import hashlib
import json
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from config.roles import Role
from registers.admin.facts import JournalPaginator
from registers.choices import TransactionKind
from registers.models import KkmTransaction, TransactionConflict
from tests.factories.people import UserFactory
from tests.factories.registers import (
    KkmTransactionFactory,
    PaymentFactory,
    ReceiptFactory,
    ReceiptLineFactory,
    RegisterFactory,
    ShiftFactory,
)
from tests.factories.retail import ShopFactory, WarehouseFactory
from tests.registers.conftest import NOW, browser_of
from tests.registers.pages import list_page, page, queries_of, text_of

pytestmark = pytest.mark.django_db

MODELS = ["kkmtransaction", "receipt", "shift", "transactionconflict"]


def conflict_with(transaction, raw=b'{"number": 1, "total": "999.00"}'):
    return TransactionConflict.objects.create(
        transaction=transaction,
        raw=raw,
        body_hash=hashlib.sha256(raw).digest(),
        protocol="kkmtransfer",
        received_at=NOW,
    )


def a_fact(model):
    receipt = ReceiptFactory()
    return {
        "kkmtransaction": receipt.transaction,
        "receipt": receipt,
        "shift": receipt.shift,
        "transactionconflict": conflict_with(receipt.transaction),
    }[model]


@pytest.mark.parametrize("model", MODELS)
def test_nobody_adds_edits_or_deletes_a_fact(model):
    boss = browser_of(UserFactory(is_superuser=True))
    fact = a_fact(model)

    assert boss.get(page(fact)).status_code == 200
    assert boss.get(reverse(f"admin:registers_{model}_add")).status_code == 403
    assert boss.post(page(fact), {}).status_code == 403
    assert boss.post(reverse(f"admin:registers_{model}_delete", args=[fact.pk]), {"post": "yes"}).status_code == 403
    boss.post(list_page(model), {"action": "delete_selected", "_selected_action": [fact.pk], "post": "yes"})
    fact.refresh_from_db()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("model", MODELS)
def test_every_role_looks_at_facts(model, role):
    client = browser_of(UserFactory(role=role))
    fact = a_fact(model)

    assert client.get(list_page(model)).status_code == 200
    assert client.get(page(fact)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_whoever_has_no_role_sees_nothing(model):
    client = browser_of(UserFactory())
    fact = a_fact(model)

    assert client.get(list_page(model)).status_code == 403
    assert client.get(page(fact)).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_a_list_takes_the_same_number_of_queries_for_any_number_of_facts(signed_in, model):
    for _fact in range(2):
        a_fact(model)
    few = queries_of(signed_in, list_page(model))

    for _fact in range(20):
        a_fact(model)

    assert queries_of(signed_in, list_page(model)) == few


@pytest.mark.parametrize("model", MODELS)
def test_a_list_is_counted_no_further_than_people_leaf(signed_in, model, monkeypatch):
    monkeypatch.setattr(JournalPaginator, "COUNTED", 2)
    for _fact in range(3):
        a_fact(model)

    shown = text_of(signed_in.get(list_page(model)))

    assert "more than 2: narrow the list by its filters" in shown


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("model", MODELS)
def test_pages_open_in_both_languages(merchandiser, model, language):
    client = browser_of(merchandiser, language)

    assert client.get(list_page(model)).status_code == 200
    assert client.get(page(a_fact(model))).status_code == 200


class TestTransactions:
    def test_one_is_found_by_its_number_or_its_unique_id(self, signed_in):
        one, other = KkmTransactionFactory(number=1041, uid="8f1c-1041"), KkmTransactionFactory(number=10410)

        for wanted, expected in (("1041", [one]), ("8f1c-1041", [one]), ("10410", [other]), ("104", []), ("x", [])):
            response = signed_in.get(list_page("kkmtransaction", q=wanted))
            assert list(response.context["cl"].result_list) == expected

    @pytest.mark.parametrize("wanted", ["9" * 30, "²", "\x00", "%", "1041 1042", "'"])
    def test_strange_searches_find_nothing_and_break_nothing(self, signed_in, wanted):
        KkmTransactionFactory(number=1041)

        assert signed_in.get(list_page("kkmtransaction", q=wanted)).status_code == 200

    def test_the_list_is_narrowed_by_state_kind_register_and_date(self, signed_in):
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
    def test_days_are_written_as_the_language_writes_them(self, merchandiser, language, day, found):
        KkmTransactionFactory(received_at=NOW)
        client = browser_of(merchandiser, language)

        response = client.get(list_page("kkmtransaction", received_at_from=day, received_at_to=day))

        assert response.context["cl"].result_count == int(found)

    def test_a_day_begins_and_ends_by_the_servers_clock(self, signed_in):
        midnight = datetime(2026, 11, 20, tzinfo=ZoneInfo("Europe/Moscow"))
        for moment in (-1, 0, 24 * 3600 - 1, 24 * 3600):
            KkmTransactionFactory(received_at=midnight + timedelta(seconds=moment))

        url = list_page("kkmtransaction", received_at_from="2026-11-20", received_at_to="2026-11-20")

        assert signed_in.get(url).context["cl"].result_count == 2

    def test_a_past_period_is_listed_by_its_time_and_the_journal_by_its_key(self, signed_in):
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

    def test_the_error_desk_speaks_in_sentences(self, signed_in):
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
    def test_problems_stored_in_another_shape_break_nothing(self, signed_in, problems):
        transaction = KkmTransactionFactory(on_desk=True, problems=problems)

        assert signed_in.get(page(transaction)).status_code == 200

    def test_the_page_shows_what_came_and_what_came_of_it(self, signed_in):
        receipt = ReceiptFactory(shift__number=12, transaction__shift_number=12, number=77)
        other = conflict_with(receipt.transaction)

        content = signed_in.get(page(receipt.transaction)).content.decode()

        for fact in (receipt, receipt.shift, other):
            assert f'href="{page(fact)}"' in content

    def test_what_could_not_be_read_waits_as_it_came(self, signed_in):
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

    def test_markup_in_what_came_stays_text(self, signed_in):
        raw = json.dumps({"cashier": "<script>alert(1)</script>"}).encode()
        transaction = KkmTransactionFactory(raw=raw, uid="<b>uid</b>")

        content = signed_in.get(page(transaction)).content.decode()

        assert "<script>alert(1)" not in content
        assert "<b>uid" not in content

    def test_the_very_bytes_can_be_saved(self, signed_in):
        transaction = KkmTransactionFactory(raw=b"\x00\xff<html>")

        response = signed_in.get(reverse("admin:registers_kkmtransaction_raw", args=[transaction.pk]))

        assert response.content == b"\x00\xff<html>"
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment")

    def test_bytes_are_not_given_to_strangers(self):
        transaction = KkmTransactionFactory()
        stranger = browser_of(UserFactory())

        assert stranger.get(reverse("admin:registers_kkmtransaction_raw", args=[transaction.pk])).status_code == 404

    def test_a_list_does_not_read_the_bodies(self, signed_in, django_assert_max_num_queries):
        KkmTransactionFactory()

        response = signed_in.get(list_page("kkmtransaction"))

        assert {"raw", "body_hash"} <= response.context["cl"].result_list[0].get_deferred_fields()

    def test_a_time_is_shown_by_the_clock_of_the_shop(self, signed_in):
        register = RegisterFactory(shop=ShopFactory(far=True))
        KkmTransactionFactory(register=register, occurred_at=NOW)

        assert "11/20/2026 22:00:00 (UTC+10)" in text_of(signed_in.get(list_page("kkmtransaction")))


class TestReceipts:
    def test_the_page_shows_lines_payments_and_the_body(self, signed_in):
        receipt = ReceiptFactory(transaction__raw=b'{"cashier": "Petrova"}', fiscal_sign="1234567890")
        line = ReceiptLineFactory(receipt=receipt, quantity=Decimal("0.335"), marks=["0104600000000015"])
        PaymentFactory(receipt=receipt, kind="sbp", amount=Decimal("198.00"))

        shown = text_of(signed_in.get(page(receipt)))

        assert line.sku.name in shown
        assert "0.335" in shown
        assert "0104600000000015" in shown
        assert "Fast Payments System 198.00" in shown
        assert '"cashier": "Petrova"' in shown
        assert "1234567890" in shown

    def test_the_page_takes_the_same_number_of_queries_for_any_number_of_lines(self, signed_in):
        short, long = ReceiptFactory(), ReceiptFactory()
        ReceiptLineFactory.create_batch(2, receipt=short)
        ReceiptLineFactory.create_batch(45, receipt=long)
        ReceiptLineFactory.create_batch(3, receipt=long, sku=None)

        assert queries_of(signed_in, page(long)) == queries_of(signed_in, page(short))

    def test_a_receipt_of_thousands_of_lines_is_shown_in_pages(self, signed_in):
        receipt = ReceiptFactory()
        ReceiptLineFactory.create_batch(60, receipt=receipt)

        response = signed_in.get(page(receipt))

        assert response.content.decode().count("field-sku_code") <= 51

    def test_lines_nobody_knows_are_counted(self, signed_in):
        receipt = ReceiptFactory(transaction__on_desk=True)
        ReceiptLineFactory.create_batch(2, receipt=receipt, sku=None)

        shown = text_of(signed_in.get(page(receipt)))

        assert "2 lines wait: their SKUs are not known." in shown
        assert "SKU not known" in shown

    def test_a_return_and_its_sale_lead_to_each_other(self, signed_in):
        sale = ReceiptFactory(uid="sale-1")
        back = ReceiptFactory(kind=TransactionKind.RETURN, of_uid="sale-1")

        assert f'href="{page(sale)}"' in signed_in.get(page(back)).content.decode()
        assert f'href="{page(back)}"' in signed_in.get(page(sale)).content.decode()

    def test_a_return_of_a_sale_that_has_not_come_says_so(self, signed_in):
        back = ReceiptFactory(kind=TransactionKind.RETURN, of_uid="sale-1")

        assert "Takes back receipt sale-1, which has not come." in text_of(signed_in.get(page(back)))

    def test_a_cancelled_receipt_says_that_it_moved_nothing(self, signed_in):
        receipt = ReceiptFactory(kind=TransactionKind.CANCELLED)

        assert "Given up: it moved nothing." in text_of(signed_in.get(page(receipt)))

    def test_the_warehouse_shown_is_the_one_it_was_sold_from(self, signed_in):
        receipt = ReceiptFactory()
        sold_from = receipt.warehouse
        receipt.register.warehouse = WarehouseFactory()
        receipt.register.save()

        assert f"sold from warehouse {sold_from.name}." in text_of(signed_in.get(page(receipt)))

    def test_the_page_leads_to_the_balances_it_moved(self, signed_in):
        url = signed_in.get(page(ReceiptFactory())).context["balances_url"]

        assert signed_in.get(url).status_code == 200

    @pytest.mark.parametrize(
        ("wanted", "found"), [("15", True), ("receipt-guid", True), ("1", False), ("9" * 30, False)]
    )
    def test_one_is_found_by_its_number_or_its_id(self, signed_in, wanted, found):
        receipt = ReceiptFactory(number=15, uid="receipt-guid")

        response = signed_in.get(list_page("receipt", q=wanted))

        assert list(response.context["cl"].result_list) == ([receipt] if found else [])


class TestShifts:
    def test_the_page_sets_our_totals_beside_the_registers_counters(self, signed_in):
        shift = ShiftFactory(closed=True, counters={"sales": "198.00", "receipts": 2})
        PaymentFactory(receipt=ReceiptFactory(register=shift.register, shift=shift))

        response = signed_in.get(page(shift))

        shown = text_of(response)
        assert "Sales 198.00 198.00" in shown
        assert "Sale receipts 1 2" in shown
        assert response.content.decode().count('class="rg-differs"') == 1

    def test_an_open_shift_has_no_counters_yet(self, signed_in):
        shown = text_of(signed_in.get(page(ShiftFactory())))

        assert "The register tells its own counters when it closes the shift." in shown

    def test_the_page_takes_the_same_number_of_queries_for_any_number_of_receipts(self, signed_in):
        short, long = ShiftFactory(), ShiftFactory()
        ReceiptFactory.create_batch(1, register=short.register, shift=short)
        ReceiptFactory.create_batch(30, register=long.register, shift=long)

        assert queries_of(signed_in, page(long)) == queries_of(signed_in, page(short))

    def test_the_page_leads_to_its_receipts_and_transactions(self, signed_in):
        receipt = ReceiptFactory(transaction__shift_number=7, shift__number=7)
        KkmTransactionFactory(register=receipt.register, shift_number=8)
        context = signed_in.get(page(receipt.shift)).context

        receipts = signed_in.get(context["receipts_url"]).context["cl"].result_list
        transactions = signed_in.get(context["transactions_url"]).context["cl"].result_list

        assert (list(receipts), list(transactions)) == ([receipt], [receipt.transaction])

    def test_one_is_found_by_its_number(self, signed_in):
        shift = ShiftFactory(number=12)
        ShiftFactory(number=120)

        assert list(signed_in.get(list_page("shift", q="12")).context["cl"].result_list) == [shift]


class TestConflicts:
    def test_two_bodies_stand_side_by_side_with_their_differences_marked(self, signed_in):
        transaction = KkmTransactionFactory(raw=b'{"total": "198.00", "number": 1}')
        conflict = conflict_with(transaction)

        response = signed_in.get(page(conflict))

        marked = [row for row in response.context["rows"] if row.differs]
        assert [(row.left.strip(), row.right.strip()) for row in marked] == [('"total": "198.00"', '"total": "999.00"')]
        assert response.content.decode().count('class="rg-differs"') == 1

    def test_both_bodies_can_be_saved(self, signed_in):
        conflict = conflict_with(KkmTransactionFactory(raw=b"ours"), raw=b"theirs")
        context = signed_in.get(page(conflict)).context

        assert signed_in.get(context["accepted_url"]).content == b"ours"
        assert signed_in.get(context["other_url"]).content == b"theirs"

    def test_the_list_is_narrowed_by_register(self, signed_in):
        conflict = conflict_with(KkmTransactionFactory())
        conflict_with(KkmTransactionFactory())
        url = list_page("transactionconflict", transaction__register__id__exact=conflict.transaction.register_id)

        assert list(signed_in.get(url).context["cl"].result_list) == [conflict]

    def test_a_transaction_with_many_conflicts_leads_to_their_list(self, signed_in):
        transaction = KkmTransactionFactory()
        for number in range(21):
            conflict_with(transaction, raw=b"%d" % number)

        url = signed_in.get(page(transaction)).context["conflicts_url"]

        assert signed_in.get(url).context["cl"].result_count == 21
        assert KkmTransaction.objects.count() == 1
