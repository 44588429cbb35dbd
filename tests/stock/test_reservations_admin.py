"""Who holds what: the list of reservations, the page of one, the panel of a balance; goods taken back by hand."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.roles import Role
from stock.models import Balance, Reservation
from tests.factories.people import UserFactory
from tests.factories.retail import BarcodeFactory
from tests.messages import line, sale
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of
from tests.stock import selling
from tests.stock.holding import asking, expire, held, hold_of, place, stocked
from tests.stock.ordering import deeds, ordered
from tests.stock.ordering import hold_of as hold_of_order
from tests.stock.selling import tell

pytestmark = pytest.mark.django_db
LIST = "admin:stock_reservation_changelist"


@pytest.fixture
def register(db):
    return asking()


@pytest.fixture
def milk(register):
    return stocked(register, 50, name="Молоко")


@pytest.fixture
def client():
    return browser_of(UserFactory(role=Role.OPERATOR))


def listed(client, **asked):
    holds = client.get(reverse(LIST), asked).context["cl"].result_list
    return sorted(hold.receipt_uid if hold.register else "order" for hold in holds)


def page(hold):
    return reverse("admin:stock_reservation_change", args=[hold.pk])


def release_page(hold):
    return reverse("admin:stock_reservation_release", args=[hold.pk])


def test_the_list_is_narrowed_by_how_holds_stand(client, register, milk):
    for uid in ("now", "overdue", "sold", "expired", "late"):
        place(register, uid, (milk, 1))
    expire(register, "overdue", swept=False)
    tell(register, sale(1, line(milk.code), receipt={"uid": "sold"}))
    for uid in ("expired", "late"):
        Reservation.objects.filter(receipt_uid=uid).update(state="expired", ended_at=timezone.now())
    Balance.objects.update(reserved=2)
    tell(register, sale(2, line(milk.code), receipt={"uid": "late"}))
    ordered(register, {milk: 1})

    assert listed(client, live="yes") == ["now", "order", "overdue"]
    assert listed(client, live="overdue") == ["overdue"]
    assert listed(client, live="no") == ["expired", "late", "sold"]
    assert listed(client, live="late") == ["late"]
    assert listed(client, holder="order") == ["order"]
    assert len(listed(client, holder="receipt")) == 5
    assert listed(client, state__exact="committed") == ["sold"]
    assert len(listed(client, register__id__exact=register.pk)) == 5


def test_a_hold_is_found_by_its_receipt_its_order_and_its_goods(client, register, milk):
    bread = stocked(register, 5, name="Хлеб")
    BarcodeFactory(sku=bread, value="4600000000022")
    place(register, "r-17", (milk, 1))
    place(register, "r-18", (bread, 1), (milk, 1))
    order = ordered(register, {milk: 1})

    assert listed(client, q="r-17") == ["r-17"]
    assert listed(client, q="4600000000022") == listed(client, q="хлеб") == ["r-18"]
    assert listed(client, q=milk.code) == ["order", "r-17", "r-18"]
    assert listed(client, q=order.number) == listed(client, q=order.uid) == ["order"]
    assert listed(client, q="404") == []


def test_the_list_asks_as_much_for_many_holds_as_for_one(client, register, milk):
    place(register, "r0", (milk, 1))
    ordered(register, {milk: 1})
    client.get(reverse(LIST))
    few = queries_of(client, reverse(LIST))

    for number in range(1, 6):
        place(register, f"r{number}", (milk, 1), (stocked(register, 5), 1))
        ordered(register, {milk: 1})

    assert queries_of(client, reverse(LIST)) == few


def test_the_list_names_the_first_goods_and_counts_the_others(client, register, milk):
    place(register, "r1", (milk, "1.5"), *((stocked(register, 5, name=f"Товар {n}"), 1) for n in range(3)))

    shown = text_of(client.get(reverse(LIST)))

    assert "Молоко × 1.5; Товар 0 × 1; and 2 more" in shown


def test_the_page_of_a_hold_leads_to_what_it_came_from(client, register, milk):
    place(register, "r1", (milk, 2))
    tell(register, sale(1, line(milk.code), receipt={"uid": "r1"}))
    hold = hold_of(register, "r1")

    shown = client.get(page(hold))

    for thing in (hold.transaction.receipt, hold.transaction, register, milk):
        assert f'href="{selling.page(thing)}"' in shown.content.decode()
    assert "release/" not in shown.content.decode()


def test_a_sale_that_came_too_late_is_marked(client, register, milk):
    place(register, "r1", (milk, 2))
    expire(register, "r1")
    tell(register, sale(1, line(milk.code), receipt={"uid": "r1"}))

    assert "had been let go when the sale came" in text_of(client.get(page(hold_of(register, "r1"))))
    assert "Sold too late" in text_of(client.get(reverse(LIST)))


def test_goods_are_released_by_hand_with_a_reason(client, register, milk):
    place(register, "r1", (milk, 2))
    hold = hold_of(register, "r1")
    asked = client.get(release_page(hold))
    assert "Молоко" in text_of(asked)

    refused = client.post(release_page(hold), {"reason": " "})
    assert refused.context["form"].errors
    assert held(register, milk) == 2

    client.post(release_page(hold), {"reason": "касса зависла"})

    hold.refresh_from_db()
    assert (hold.state, hold.reason, hold.ended_by.get_username()) == (
        "released", "касса зависла", client.get(page(hold)).wsgi_request.user.get_username()
    )  # fmt: skip
    assert held(register, milk) == 0


def test_what_has_ended_meanwhile_is_not_released_again(client, register, milk):
    place(register, "r1", (milk, 2))
    hold = hold_of(register, "r1")
    tell(register, sale(1, line(milk.code), receipt={"uid": "r1"}))

    answer = client.post(release_page(hold), {"reason": "касса зависла"}, follow=True)

    assert "has ended already" in text_of(answer)
    assert client.get(release_page(hold)).status_code == 302


def test_releasing_what_an_order_holds_takes_the_order_back(client, register, milk):
    order = ordered(register, {milk: 2})

    client.post(release_page(hold_of_order(order)), {"reason": "товар нужен в зале"})

    order.refresh_from_db()
    assert (order.status, held(register, milk)) == ("not_agreed", 0)
    assert deeds(order)[-1] == "taken_back"
    assert order.events.latest("pk").reason == "товар нужен в зале"


def test_who_may_only_look_releases_nothing(register, milk):
    client = browser_of(UserFactory(role=Role.ACCOUNTANT))
    place(register, "r1", (milk, 2))
    hold = hold_of(register, "r1")

    assert client.get(page(hold)).status_code == 200
    assert client.post(release_page(hold), {"reason": "касса зависла"}).status_code == 403
    assert held(register, milk) == 2


def test_a_balance_says_who_holds_it_now(client, register, milk):
    second = asking(warehouse=register.warehouse)
    place(register, "r1", (milk, 2), (milk, 1))
    place(second, "r2", (stocked(register, 5), 1))
    place(second, "r3", (milk, 1))
    expire(second, "r3")
    order = ordered(register, {milk: 4})
    Reservation.objects.filter(order=order).update(placed_at=timezone.now() - timedelta(days=3))
    balance = Balance.objects.get(sku=milk)

    context = client.get(reverse("admin:stock_balance_change", args=[balance.pk])).context

    rows = context["holds"]
    assert [("r1" in row["holder"], str(row["quantity"]).count(">3<")) for row in rows] == [(False, 0), (True, 1)]
    assert order.customer in rows[0]["holder"]
    assert (rows[0]["age"], rows[0]["until"]) == ("3\xa0days", "never")


def test_a_balance_page_asks_as_much_for_many_holds_as_for_one(client, register, milk):
    place(register, "r0", (milk, 1))
    ordered(register, {milk: 1})
    url = reverse("admin:stock_balance_change", args=[Balance.objects.get(sku=milk).pk])
    client.get(url)
    few = queries_of(client, url)

    for number in range(1, 5):
        place(register, f"r{number}", (milk, 1))
        ordered(register, {milk: 1})

    assert queries_of(client, url) == few


def test_many_receipts_are_released_at_once_and_orders_are_not(client, register, milk):
    for uid in ("r1", "r2", "r3"):
        place(register, uid, (milk, 1))
    ordered(register, {milk: 1})
    tell(register, sale(1, line(milk.code), receipt={"uid": "r3"}))
    chosen = {"action": "release_chosen", "_selected_action": list(Reservation.objects.values_list("pk", flat=True))}

    asked = client.post(reverse(LIST), chosen)
    assert (asked.context["count"], held(register, milk)) == (2, 3)
    answer = client.post(reverse(LIST), {**chosen, "confirmed": "1", "reason": "касса зависла"}, follow=True)

    assert held(register, milk) == 1
    assert "2 reservations released." in text_of(answer)
    assert set(Reservation.objects.filter(state="released").values_list("reason", flat=True)) == {"касса зависла"}


def test_where_numbers_come_from_says_who_holds(client, register, milk):
    place(register, "r1", (milk, 2))
    balance = Balance.objects.get(sku=milk)

    shown = client.get(reverse("admin:stock_balance_explain", args=[balance.pk]))

    assert "r1" in text_of(shown)
    assert 'id="reserved"' in shown.content.decode()
