"""The pages of the error desk: what waits, why, what would mend it, and who may press what."""

import json

import pytest
from django.urls import reverse

from config.roles import Role
from registers.choices import TransactionState
from registers.models import KkmTransaction, Receipt, TransactionConflict, TransactionDeed
from retail.models import Barcode
from tests.factories.people import UserFactory
from tests.factories.registers import KkmTransactionFactory, RegisterFactory
from tests.factories.retail import SkuFactory, make_ean13
from tests.messages import event, line, lines, sale
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of
from tests.stock.desk import sold, take_in, told

pytestmark = pytest.mark.django_db

DESK = reverse("admin:stock_desktransaction_changelist")
CODES = reverse("admin:stock_desktransaction_codes")


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


@pytest.fixture
def accountant(db):
    return UserFactory(role=Role.ACCOUNTANT)


@pytest.fixture
def signed_in(accountant):
    return browser_of(accountant)


def page(obj, verb="change"):
    model = "registers_transactionconflict" if isinstance(obj, TransactionConflict) else "stock_desktransaction"
    return reverse(f"admin:{model}_change", args=[obj.pk]).replace("/change/", f"/{verb}/")


def listed(client, **asked):
    return set(client.get(DESK, asked).context["cl"].result_list.values_list("pk", flat=True))


def act(client, action, *chosen, **rest):
    return client.post(
        DESK,
        {"action": action, "_selected_action": [one.pk for one in chosen], "confirmed": "1", **rest},
        follow=True,
    )


def offered(client, obj):
    """Return the verbs that the page of a transaction offers."""
    content = client.get(page(obj)).content.decode()
    verbs = ("resubmit", "correct", "accept", "set-aside", "take-back", "keep-first", "take-second", "record-both")
    return {verb for verb in verbs if page(obj, verb) in content}


def test_what_waits_is_grouped_by_cause_and_listed(signed_in, register, milk):
    take_in(
        register, sale(1, line("404")), sale(2, line("404")), sale(3, line("10001", "0.000")), sale(4, line("10001"))
    )

    response = signed_in.get(DESK)

    text = text_of(response)
    assert response.context["cl"].result_count == 3
    assert "Unknown SKU 2 1" in text
    assert "Quantity not above zero 1 1" in text
    assert "Correct the quantity by the till's own copy" in text


def test_a_cause_leads_to_its_transactions(signed_in, register, milk):
    unknown = told(register, sale(1, line("404")))
    told(register, sale(2, line("10001", "0.000")))

    url = signed_in.get(DESK).context["causes"][0]["url"]
    response = signed_in.get(url)

    assert [row["name"] for row in response.context["causes"]] == ["Quantity not above zero"]
    assert listed(signed_in, cause="unknown_sku") == {unknown.pk}


def test_the_desk_is_narrowed_by_register_shop_and_state(signed_in, register, milk):
    mine = told(register, sale(1, line("404")))
    told(RegisterFactory(), sale(1, line("404")))
    aside = KkmTransactionFactory(state=TransactionState.SET_ASIDE)

    assert listed(signed_in, register__id__exact=register.pk) == {mine.pk}
    assert listed(signed_in, register__shop__id__exact=register.shop_id) == {mine.pk}
    assert listed(signed_in, desk="set_aside") == {aside.pk}
    assert listed(signed_in, desk="mended") == set()
    assert listed(signed_in, desk="\x00", cause="\x00") >= {mine.pk}


def test_an_empty_desk_says_so(signed_in):
    assert "Nothing waits" in text_of(signed_in.get(DESK))


def test_a_page_says_why_and_what_would_mend_it(signed_in, register, milk):
    recorded = told(register, sale(1, *lines(("10001", "1.000"), ("404", "2.000"))))

    text = text_of(signed_in.get(page(recorded)))

    assert "Line 2: nobody knows SKU “404”. Choose the SKU that was sold" in text
    assert "Its known goods have moved; the unknown lines have not." in text


def test_verbs_are_offered_where_they_make_sense(signed_in, register, milk):
    blocked = told(register, sale(1, line("10001", "0.000")))
    unknown = told(register, sale(2, line("404")))
    flagged = told(register, sale(3, line("10001"), receipt={"total": "5.00"}))
    aside = KkmTransactionFactory(state=TransactionState.SET_ASIDE)
    fine = told(register, sale(4, line("10001")))

    assert offered(signed_in, blocked) == {"resubmit", "correct", "set-aside"}
    assert offered(signed_in, unknown) == {"resubmit", "set-aside"}
    assert offered(signed_in, flagged) == {"accept", "set-aside"}
    assert offered(signed_in, aside) == {"take-back"}
    assert offered(signed_in, fine) == set()


@pytest.mark.parametrize(
    ("role", "verbs"),
    [
        (Role.MERCHANDISER, {"resubmit"}),
        (Role.OPERATOR, {"resubmit"}),
        (Role.ACCOUNTANT, {"resubmit", "correct", "set-aside"}),
        (Role.ADMINISTRATOR, {"resubmit", "correct", "set-aside"}),
    ],
)
def test_a_role_is_offered_what_it_may(register, milk, role, verbs):
    recorded = told(register, sale(1, line("10001", "0.000")))
    client = browser_of(UserFactory(role=role))

    assert offered(client, recorded) == verbs
    for verb in ("correct", "set-aside", "accept"):
        assert client.get(page(recorded, verb)).status_code == (200 if "correct" in verbs else 403)


def test_a_stranger_sees_nothing(register):
    recorded = told(register, sale(1, line("404")))
    client = browser_of(UserFactory())

    for url in (DESK, CODES, page(recorded), reverse("admin:stock_desktransaction_map")):
        assert client.get(url).status_code == 403


def test_one_is_resubmitted_after_a_page_that_asks(signed_in, register):
    recorded = told(register, sale(1, line("404")))
    sku = SkuFactory(code="404")

    assert "Resubmit № 1?" in text_of(signed_in.get(page(recorded, "resubmit")))
    said = text_of(signed_in.post(page(recorded, "resubmit"), follow=True))

    assert "Looked at once more: mended: 1." in said
    assert "What was done" in said
    assert sold(register, sku) == 1


def test_a_decision_needs_a_reason(signed_in, register, milk):
    recorded = told(register, sale(1, line("10001", "0.000")))

    signed_in.post(page(recorded, "set-aside"), {"reason": " "})
    assert not TransactionDeed.objects.exists()
    signed_in.post(page(recorded, "set-aside"), {"reason": "проба"})

    recorded.refresh_from_db()
    assert recorded.state == TransactionState.SET_ASIDE
    assert "It waits on the error desk again." in text_of(signed_in.post(page(recorded, "take-back"), follow=True))


def test_somebody_quicker_is_named_politely(signed_in, register, milk):
    recorded = told(register, sale(1, line("10001"), receipt={"total": "5.00"}))
    signed_in.post(page(recorded, "accept"), {"reason": "так и было"})

    said = text_of(signed_in.post(page(recorded, "accept"), {"reason": "так и было"}, follow=True))

    assert "somebody has dealt with it" in said
    assert TransactionDeed.objects.count() == 1


def test_many_are_resubmitted_at_once_after_a_page_that_asks(signed_in, register):
    recorded = [told(register, sale(number, line("404"))) for number in (1, 2)]
    sku = SkuFactory(code="404")
    asked = signed_in.post(DESK, {"action": "resubmit_chosen", "_selected_action": [one.pk for one in recorded]})

    assert "№ 1" in text_of(asked)
    assert sold(register, sku) == 0
    assert "mended: 2" in text_of(act(signed_in, "resubmit_chosen", *recorded))
    assert sold(register, sku) == 2


def test_many_are_set_aside_and_taken_back(signed_in, register):
    recorded = [told(register, sale(number, line("404"))) for number in (1, 2)]

    assert "2 transactions changed." in text_of(act(signed_in, "set_aside_chosen", *recorded, reason="проба"))
    response = signed_in.post(
        f"{DESK}?desk=set_aside",
        {"action": "take_back_chosen", "_selected_action": [one.pk for one in recorded], "confirmed": "1"},
        follow=True,
    )

    assert "2 transactions changed." in text_of(response)
    assert KkmTransaction.objects.filter(state=TransactionState.ERROR_DESK).count() == 2


def test_of_many_only_flagged_ones_are_accepted(signed_in, register, milk):
    flagged = told(register, sale(1, line("10001"), receipt={"total": "5.00"}))
    unknown = told(register, sale(2, line("404")))

    assert "1 transaction changed." in text_of(act(signed_in, "accept_chosen", flagged, unknown, reason="так и было"))


def test_a_refusal_of_many_is_said(signed_in):
    strange = KkmTransactionFactory(on_desk=True, protocol="morse")

    assert "does not read the protocol “morse”" in text_of(act(signed_in, "resubmit_chosen", strange))


def test_codes_are_listed_and_mapped_from_their_page(register):
    signed_in = browser_of(UserFactory(role=Role.MERCHANDISER))
    barcode = make_ean13(9)
    take_in(register, *(sale(number, line("404", barcode=barcode)) for number in (1, 2)))
    sku = SkuFactory()
    text = text_of(signed_in.get(CODES))
    url = signed_in.get(CODES).context["rows"][0]["url"]

    assert f"404 {barcode} 2 2 1" in text
    assert "Everywhere it waits: 2 lines" in text_of(signed_in.get(url))
    said = text_of(signed_in.post(url, {"sku": sku.pk, "scope": "all", "add_barcode": "on"}, follow=True))
    assert f"2 lines are now {sku}. 2 transactions are whole." in said
    assert "Every code that was sold is known." in said
    assert Barcode.objects.get().sku == sku


@pytest.mark.parametrize(
    ("role", "barcode", "offered"),
    [
        (Role.MERCHANDISER, make_ean13(9), True),
        (Role.MERCHANDISER, "4607001234564", False),
        (Role.MERCHANDISER, "", False),
        (Role.ACCOUNTANT, make_ean13(9), False),
    ],
)
def test_a_barcode_is_offered_to_a_sku_if_it_is_one_and_by_who_keeps_goods(register, role, barcode, offered):
    take_in(register, sale(1, line("404", barcode=barcode)))
    client = browser_of(UserFactory(role=role))

    form = client.get(client.get(CODES).context["rows"][0]["url"]).context["form"]

    assert ("add_barcode" in form.fields) == offered


def test_a_code_is_mapped_in_one_transaction_from_its_page(signed_in, register):
    recorded = told(register, sale(1, line("404")))
    take_in(register, sale(2, line("404")))
    sku = SkuFactory()
    [(_line, url)] = signed_in.get(page(recorded)).context["unknown"]

    said = text_of(signed_in.post(url, {"sku": sku.pk, "scope": "one"}, follow=True))

    assert "1 line is now" in said
    assert f"nobody knows SKU “404”. → {sku.code}" in said
    assert sold(register, sku) == 1


def test_a_code_that_nothing_waits_for_is_refused_on_its_page(signed_in):
    url = f"{reverse('admin:stock_desktransaction_map')}?sku_code=404&barcode=&transaction=x"

    said = text_of(signed_in.post(url, {"sku": SkuFactory().pk, "scope": "all"}))

    assert "No line on the error desk waits under this code any more." in said


def test_a_conflict_is_settled_from_its_page(signed_in, register, milk):
    take_in(register, sale(1, line("10001")), sale(1, line("10001", "5.000")))
    conflict = TransactionConflict.objects.get()

    assert offered(signed_in, conflict) == {"keep-first", "record-both"}
    assert "Record the second as a transaction of its own?" in text_of(signed_in.get(page(conflict, "record-both")))
    said = text_of(signed_in.post(page(conflict, "record-both"), {"reason": "обе были"}, follow=True))

    assert "The conflict is settled." in said
    assert "Both happened" in said
    assert sold(register, milk) == 6
    assert offered(signed_in, conflict) == set()


def test_one_receipt_in_two_bodies_is_explained(signed_in, register, milk):
    first = sale(1, line("10001"))
    take_in(register, first, sale(1, line("10001", "5.000"), receipt={"uid": first["receipt"]["uid"]}))
    conflict = TransactionConflict.objects.get()

    assert offered(signed_in, conflict) == {"keep-first"}
    assert "Both bodies tell of the receipt with the same id" in text_of(signed_in.get(page(conflict)))


def test_the_second_may_take_the_place_of_a_first_that_moved_nothing(signed_in, register, milk):
    wrong = sale(1, line("10001", "0.000"))
    take_in(register, wrong, sale(1, line("10001"), uid=wrong["uid"]))
    conflict = TransactionConflict.objects.get()

    assert offered(signed_in, conflict) == {"keep-first", "take-second"}
    signed_in.post(page(conflict, "take-second"), {"reason": "касса исправлена"})

    assert sold(register, milk) == 1


def test_settled_conflicts_are_told_from_waiting_ones(signed_in, register, milk):
    take_in(register, sale(1, line("10001")), sale(1, line("10001", "5.000")))
    url = reverse("admin:registers_transactionconflict_changelist")

    assert signed_in.get(url, {"settled": "no"}).context["cl"].result_count == 1
    assert signed_in.get(url, {"settled": "yes"}).context["cl"].result_count == 0


def test_fields_that_differ_are_named(signed_in, register, milk):
    first = sale(1, line("10001"))
    second = json.loads(json.dumps(first))
    second["receipt"]["lines"][0]["price"] = "98.00"
    take_in(register, first, second)

    text = text_of(signed_in.get(page(TransactionConflict.objects.get())))

    assert "What differs field the first the second Line 1, price 99.00 98.00" in text


def test_the_menu_counts_what_waits(signed_in, register, milk):
    def badges():
        content = signed_in.get(reverse("admin:retail_unit_changelist")).content.decode()
        return content.count("dark:bg-red-500/20")

    assert badges() == 0
    take_in(
        register, sale(1, line("10001")), sale(1, line("10001", "5.000")), sale(2, line("404")), event(3, "cash_in")
    )

    assert badges() == 2


def test_the_desk_costs_the_same_however_much_waits(signed_in, register, milk):
    take_in(register, sale(1, line("404")))
    few = queries_of(signed_in, DESK)
    take_in(register, *(sale(number, *lines(("404", "1"), ("10001", "1"))) for number in range(2, 30)))
    for other in RegisterFactory.create_batch(3):
        take_in(other, sale(1, line("404")))

    assert queries_of(signed_in, DESK) == few


def test_the_journal_leads_to_the_desk(signed_in, register, milk):
    recorded = told(register, sale(1, line("404")))
    fine = told(register, sale(2, line("10001")))

    def journal(transaction):
        return signed_in.get(reverse("admin:registers_kkmtransaction_change", args=[transaction.pk])).content.decode()

    assert page(recorded) in journal(recorded)
    assert page(fine) not in journal(fine)
    assert Receipt.objects.count() == 2
