"""What happened to cards, as people read it: the list of operations, the page of one, records that wait."""

import pytest
from django.db import connection
from django.urls import reverse

from billing.models import BillingOperation, WaitingRecord
from config.roles import Role
from tests.billing import carding
from tests.billing.carding import CARD, NOW, online, told
from tests.factories.billing import DiscountCardFactory
from tests.factories.people import UserFactory
from tests.factories.registers import ReceiptFactory, RegisterFactory
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of

pytestmark = pytest.mark.django_db
LIST = reverse("admin:billing_billingoperation_changelist")
WAITING = reverse("admin:billing_waitingrecord_changelist")


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture
def client():
    return browser_of(UserFactory(role=Role.MERCHANDISER))


def listed(client, **asked):
    return sorted(one.uid for one in client.get(LIST, asked).context["cl"].result_list)


def page(uid):
    return reverse("admin:billing_billingoperation_change", args=[BillingOperation.objects.get(uid=uid).pk])


def waits(card="404", **fields):
    receipt = ReceiptFactory(transaction__on_desk=True)
    return WaitingRecord.objects.create(
        transaction=receipt.transaction, position=1, uid=f"w-{receipt.pk}", card_number=card, record={}, came_at=NOW,
        problem={"code": "unknown_card", "attr": "billing", "params": {"card": card, "uid": "w"}}, **fields,
    )  # fmt: skip


def test_the_list_asks_as_much_for_many_operations_as_for_one(client, register):
    carding.card()
    ReceiptFactory(register=register, uid="r-1")
    told(register, "a", "accrue", "100", receipt_uid="r-1")
    client.get(LIST)
    few = queries_of(client, LIST)

    for number in range(4):
        DiscountCardFactory(number=f"N{number}")
        ReceiptFactory(register=register, uid=f"r{number}")
        told(register, f"b{number}", "accrue", "100", card=f"N{number}", receipt_uid=f"r{number}")

    assert queries_of(client, LIST) == few


def test_the_list_is_narrowed_by_what_operations_are(client, register):
    carding.card()
    online(register, "online", "accrue", "10")
    told(register, "too-much", "redeem", "20")
    told(register, "early", "reverse", of="late")
    told(register, "late", "accrue", "5")

    assert listed(client, kind__exact="accrue") == ["late", "online"]
    assert listed(client, state__exact="voided") == ["late"]
    assert listed(client, overdrawn__exact="1") == ["too-much"]
    assert listed(client, source__exact="online") == ["online"]
    assert len(listed(client, register__id__exact=register.pk)) == 4
    assert len(listed(client, occurred_at_from="2026-11-20", occurred_at_to="2026-11-20")) == 4
    assert listed(client, occurred_at_from="2026-11-21", occurred_at_to="2026-11-22") == []


def test_an_operation_is_found_by_its_id_its_receipt_and_its_card(client, register):
    carding.card()
    DiscountCardFactory(number="3000")
    told(register, "a", "accrue", "10", receipt_uid="r-1")
    told(register, "back", "reverse", of="a")
    told(register, "b", "accrue", "10", card="3000")

    assert listed(client, q="a") == ["a", "back"]
    assert listed(client, q="r-1") == ["a"]
    assert listed(client, q="3000") == ["b"]
    assert listed(client, q="404") == []


def test_the_page_shows_what_an_operation_did(client, register):
    card = carding.card()
    receipt = ReceiptFactory(register=register, uid="r-1")
    told(register, "a", "accrue", "100", turnover="10", receipt_uid="r-1")
    told(register, "back", "reverse", of="a")

    shown = client.get(page("a"))

    assert len(shown.context["entries"]) == len(shown.context["lots"]) == 2
    for model, obj in (("billing_discountcard", card), ("registers_receipt", receipt)):
        assert reverse(f"admin:{model}_change", args=[obj.pk]) in shown.content.decode()
    assert page("back") in shown.content.decode()
    assert page("a") in client.get(page("back")).content.decode()


def test_whoever_may_not_see_personal_data_sees_the_ends_of_numbers(register):
    accountant = browser_of(UserFactory(role=Role.ACCOUNTANT))
    carding.card()
    told(register, "a", "accrue", "100")
    record = waits("2000000099999")
    one = reverse("admin:billing_waitingrecord_change", args=[record.pk])

    exports = [
        b"".join(accountant.post(reverse(f"admin:billing_{model}_export"), {"format": 1, "resource": 0})).decode()
        for model in ("billingoperation", "waitingrecord")
    ]
    operations = [text_of(accountant.get(url)) for url in (LIST, page("a"))]
    records = [text_of(accountant.get(url)) for url in (WAITING, one)]

    assert all("…0015" in text and CARD not in text for text in (*operations, exports[0]))
    assert all("…9999" in text and "2000000099999" not in text for text in (*records, exports[1]))


def test_facts_are_only_read(client, register):
    carding.card()
    told(register, "a", "accrue", "100")

    assert client.post(page("a"), {"bonuses": "5"}).status_code == 403
    assert client.get(reverse("admin:billing_billingoperation_add")).status_code == 403


def test_records_that_wait_say_why_and_lead_to_where_they_are_mended(client):
    records = [waits("404"), waits("405", state="applied", settled_at=NOW)]
    few = queries_of(client, WAITING)
    waits("406")

    shown = client.get(WAITING)

    assert queries_of(client, WAITING) == few
    assert "Nobody knows the discount card “404”" in text_of(shown)
    desk = reverse("admin:stock_desktransaction_change", args=[records[0].transaction_id])
    journal = reverse("admin:registers_kkmtransaction_change", args=[records[1].transaction_id])
    assert desk in shown.content.decode()
    assert journal in shown.content.decode()
    found = client.get(WAITING, {"q": "405"}).context["cl"].result_list
    assert [one.pk for one in found] == [records[1].pk]


def test_a_day_of_the_past_is_found_without_reading_all_operations():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM billing_billingoperation WHERE occurred_at BETWEEN '2026-01-01' AND '2026-01-02'"
        )
        plan = " ".join(row[0] for row in cursor.fetchall())

    assert "billing_operation_by_time" in plan
