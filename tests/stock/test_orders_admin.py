"""Customer orders in the admin: typed, agreed, taken back, cancelled; their life on their page; receipts that sell."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.roles import Role
from stock.models import CustomerOrder
from stock.services import orders
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.messages import line, sale
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of
from tests.stock.conftest import NOW
from tests.stock.holding import held, stocked
from tests.stock.ordering import deeds, ordered, sell_order
from tests.stock.selling import page, tell

pytestmark = pytest.mark.django_db
LIST = "admin:stock_customerorder_changelist"
ADD = "admin:stock_customerorder_add"


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture
def milk(register):
    return stocked(register, 5, name="Молоко")


@pytest.fixture
def client():
    return browser_of(UserFactory(role=Role.MERCHANDISER))


def verb_page(order, verb):
    return reverse(f"admin:stock_customerorder_{verb}", args=[order.pk])


def listed(client, **asked):
    return sorted(order.customer for order in client.get(reverse(LIST), asked).context["cl"].result_list)


def typed(register, *lines, order=None, **fields):
    """What a browser would send: a new order, or an edit of one with the lines it has."""
    known = list(order.lines.order_by("line")) if order else []
    form = {
        "date_0": "2026-11-20",
        "date_1": "15:00:00",
        "warehouse": register.warehouse_id,
        "customer": "Анна Иванова",
        "phone": "",
        "counterparty": "",
        "address": "",
        "delivery_date": "",
        "delivery_from": "",
        "delivery_to": "",
        "courier": register.pk,
        "prepaid": "0",
        "comment": "",
        "lines-TOTAL_FORMS": len(lines),
        "lines-INITIAL_FORMS": len(known),
    }
    for place, (sku, quantity) in enumerate(lines):
        form |= {
            f"lines-{place}-sku": sku.pk,
            f"lines-{place}-quantity": quantity,
            f"lines-{place}-price": "99.00",
            f"lines-{place}-document": order.pk if order else "",
            f"lines-{place}-id": known[place].pk if place < len(known) else "",
        }
    return {**form, **fields}


def test_an_order_is_typed_in_and_agreed(client, register, milk):
    answer = client.post(reverse(ADD), typed(register, (milk, "2"), prepaid="50"))
    assert answer.status_code == 302, text_of(answer)
    order = CustomerOrder.objects.get()
    assert (order.number, order.lines.get().quantity, deeds(order)) == ("000001", 2, ["made"])

    asked = client.get(verb_page(order, "agree_order"))
    assert (held(register, milk), "Молоко" in text_of(asked)) == (0, True)
    client.post(verb_page(order, "agree_order"))

    order.refresh_from_db()
    assert (order.status, held(register, milk)) == ("agreed", 2)
    assert order.events.get(deed="agreed").by is not None


def test_a_refusal_names_the_lines_and_what_is_free(client, register, milk):
    order = ordered(register, {milk: 6}, agreed=False)
    assert "rg-differs" in client.get(verb_page(order, "agree_order")).content.decode()

    answer = client.post(verb_page(order, "agree_order"), follow=True)

    assert "Not enough is free: “Молоко”: 6 asked, 5 free." in text_of(answer)
    order.refresh_from_db()
    assert order.status == "not_agreed"


def test_editing_an_agreed_order_holds_its_lines_anew_or_changes_nothing(client, register, milk):
    order = ordered(register, {milk: 2})

    answer = client.post(page(order), typed(register, (milk, "5"), order=order, phone="+7 900"))
    assert answer.status_code == 302, text_of(answer)
    assert (held(register, milk), CustomerOrder.objects.get().phone) == (5, "+7 900")

    answer = client.post(page(order), typed(register, (milk, "6"), order=order, phone="1"), follow=True)
    assert "6 asked, 5 free" in text_of(answer)
    assert (held(register, milk), CustomerOrder.objects.get().phone) == (5, "+7 900")


def test_a_page_that_is_saved_as_it_is_changes_nothing(client, register, milk):
    order = ordered(register, {milk: 2})

    client.post(page(order), typed(register, (milk, "2"), order=order))

    assert deeds(order) == ["made", "agreed"]


def test_an_agreed_order_stays_in_its_warehouse_and_shows_what_is_there_for_it(client, register, milk):
    order = ordered(register, {milk: 5})

    shown = client.get(page(order))

    assert "warehouse" not in shown.context["adminform"].form.fields
    assert 'class="st-figure">5</span>' in shown.content.decode()


@pytest.mark.parametrize(("verb", "status"), [("take_back_order", "not_agreed"), ("cancel_order", "cancelled")])
def test_what_is_given_up_says_why_in_its_life(client, register, milk, verb, status):
    order = ordered(register, {milk: 2})
    assert client.get(verb_page(order, verb)).status_code == 200

    client.post(verb_page(order, verb), {"reason": "передумали"})

    order.refresh_from_db()
    assert (order.status, held(register, milk)) == (status, 0)
    assert "передумали" in text_of(client.get(page(order)))


def test_a_cancelled_order_is_read_until_it_is_taken_up_again(client, register, milk):
    order = orders.cancel(order=ordered(register, {milk: 2}), by=None, now=NOW)
    answer = client.post(page(order), typed(register, (milk, "1"), order=order), follow=True)
    assert "take it up again first" in text_of(answer)

    client.post(verb_page(order, "reopen_order"))

    order.refresh_from_db()
    assert order.status == "not_agreed"


def test_only_what_makes_sense_is_offered(client, register, milk):
    def offered(order):
        found = client.get(page(order)).content.decode()
        return {verb for verb in ("agree", "take-back", "cancel", "reopen", "copy") if f"/{verb}/" in found}

    order = ordered(register, {milk: 2}, agreed=False)
    assert offered(order) == {"agree", "cancel", "copy"}
    orders.agree(order=order, by=None, now=NOW)
    assert offered(order) == {"take-back", "cancel", "copy"}
    orders.cancel(order=order, by=None, now=NOW)
    assert offered(order) == {"reopen", "copy"}
    sell_order(register, 1, order, milk)
    assert offered(order) == {"copy"}


def test_the_page_of_a_sold_order_tells_its_life(client, register, milk):
    order = ordered(register, {milk: 1})
    orders.tell(register=register, revisions=[order.handouts.get().revision], now=NOW)
    receipt = sell_order(register, 1, order, milk)
    tell(register, sale(2, line(milk.code), kind="return", receipt={"of": receipt.uid}))

    shown = client.get(page(order))

    text = text_of(shown)
    for words in ("Made", "Agreed, the goods are held", "The courier's register took it", "Sold", "Taken back by"):
        assert words in text
    assert f'href="{page(receipt)}"' in shown.content.decode()
    assert "lines-TOTAL_FORMS" not in shown.content.decode() or shown.context["has_change_permission"] is False


def test_the_list_is_narrowed_by_how_orders_stand_and_by_delivery(client, register, milk):
    today = timezone.localdate()
    ordered(register, {milk: 1}, agreed=False, customer="new", delivery_date=today)
    ordered(register, {milk: 1}, customer="agreed", delivery_date=today - timedelta(days=1))
    cancelled = ordered(register, {milk: 1}, customer="cancelled", delivery_date=today - timedelta(days=1))
    orders.cancel(order=cancelled, by=None, now=NOW)
    sell_order(register, 1, ordered(register, {milk: 1}, customer="sold"), milk)
    odd = ordered(register, {milk: 1}, agreed=False, customer="odd", delivery_date=today + timedelta(days=1))
    sell_order(register, 2, odd, milk)

    assert listed(client, stands="not_agreed") == ["new"]
    assert listed(client, stands="agreed") == ["agreed"]
    assert listed(client, stands="cancelled") == ["cancelled"]
    assert listed(client, stands="sold") == ["odd", "sold"]
    assert listed(client, stands="odd") == ["odd"]
    assert listed(client, delivery="late") == ["agreed"]
    assert listed(client, delivery="today") == ["new"]
    assert listed(client, delivery="tomorrow") == ["odd"]
    assert listed(client, delivery="none") == ["sold"]
    day = today.isoformat()
    assert listed(client, delivery_date_from=day, delivery_date_to=day) == ["new"]
    assert len(listed(client, warehouse__id__exact=register.warehouse_id)) == 5


def test_an_order_is_found_by_its_customer(client, register, milk):
    ordered(register, {milk: 1}, customer="Анна Иванова", phone="+7 900 000-00-17")
    ordered(register, {milk: 1}, customer="Пётр", address="Лесная, 3")

    assert listed(client, q="иванова") == listed(client, q="000-00-17") == ["Анна Иванова"]
    assert listed(client, q="лесная") == ["Пётр"]
    assert listed(client, q=milk.code) == ["Анна Иванова", "Пётр"]
    assert listed(client, q="000002") == ["Пётр"]


def test_the_list_and_a_page_ask_as_much_for_many_as_for_one(client, register, milk):
    order = ordered(register, {milk: 1})
    client.get(reverse(LIST))
    few, few_lines = queries_of(client, reverse(LIST)), queries_of(client, page(order))

    for number in range(4):
        ordered(register, {milk: 1}, customer=f"Покупатель {number}")
    more = ordered(register, {stocked(register, 5): 1 for _ in range(5)})

    assert queries_of(client, reverse(LIST)) == few
    assert queries_of(client, page(more)) == few_lines


def test_who_may_only_look_agrees_nothing(register, milk):
    client = browser_of(UserFactory(role=Role.ACCOUNTANT))
    order = ordered(register, {milk: 1}, agreed=False)

    assert client.get(page(order)).status_code == 200
    assert client.post(verb_page(order, "agree_order")).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403


def test_an_order_is_copied_and_one_never_agreed_is_deleted(client, register, milk):
    order = ordered(register, {milk: 1})

    client.post(verb_page(order, "draft_again"))

    copy = CustomerOrder.objects.latest("pk")
    assert (copy.status, copy.number) == ("not_agreed", "000002")
    client.post(reverse("admin:stock_customerorder_delete", args=[copy.pk]), {"post": "yes"})
    assert list(CustomerOrder.objects.all()) == [order]


def test_the_page_of_a_receipt_leads_to_its_order(client, register, milk):
    order = ordered(register, {milk: 1})
    first = sell_order(register, 1, order, milk)
    second = sell_order(register, 2, order, milk)
    unknown = sell_order(register, 3, "404", milk)

    assert f'href="{page(order)}"' in client.get(page(first)).content.decode()
    assert "had been sold before, by receipt № 1" in text_of(client.get(page(second)))
    assert "Nobody knows the order “404”" in text_of(client.get(page(unknown)))


def test_a_receipt_says_that_its_order_had_been_cancelled(client, register, milk):
    order = orders.cancel(order=ordered(register, {milk: 1}), by=None, now=NOW)

    receipt = sell_order(register, 1, order, milk)

    assert "had been cancelled when it was sold" in text_of(client.get(page(receipt)))


def test_many_orders_are_agreed_at_once_after_a_page_that_asks(client, register, milk):
    wanted = [ordered(register, {milk: 2}, agreed=False, customer=f"Покупатель {n}") for n in range(3)]
    cancelled = orders.cancel(order=ordered(register, {milk: 1}), by=None, now=NOW)
    chosen = {"action": "agree_chosen", "_selected_action": [order.pk for order in (*wanted, cancelled)]}

    asked = client.post(reverse(LIST), chosen)
    assert (asked.context["count"], held(register, milk)) == (3, 0)
    answer = client.post(reverse(LIST), {**chosen, "confirmed": "1"}, follow=True)

    assert held(register, milk) == 4
    assert "2 orders agreed." in text_of(answer)
    assert f"{wanted[2]}: “Молоко”: 2 asked, 1 free." in text_of(answer)
