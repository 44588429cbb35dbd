"""The till on a page in a real browser: two of them side by side sell from one warehouse, as any registers do."""

import shutil
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import DiscountCard
from config.roles import Role
from registers.models import KkmTransaction, Receipt, RegisterToken
from retail.models import Constants
from stock.models import Balance
from tests.factories.billing import DiscountCardFactory
from tests.factories.people import UserFactory
from tests.registers.test_pairing_in_browser import CHROMIUM, QUIET
from tests.stock.holding import asking, stocked

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium"),
]
CARD = "2000000000015"
GIVE = """async ([card, register]) => {
    const token = JSON.parse(localStorage.getItem(`prilavok.till.${register}.token`));
    const asked = { uid: "given", kind: "accrue", bonuses: "50.00", occurred_at: new Date().toISOString() };
    const headers = { Authorization: `Bearer ${token}` };
    await fetch(`/kkm/v1/cards/${card}/operations`, { method: "POST", headers, body: JSON.stringify(asked) });
}"""


class Pane:
    """One till of the page, as a cashier uses it."""

    def __init__(self, page, place):
        self.page = page
        self.root = page.locator(".tl-till").nth(place)

    def click(self, selector):
        self.root.locator(selector).first.click()

    def text(self, selector):
        return self.root.locator(selector).first.inner_text()

    def scan(self, text):
        self.root.locator(".tl-scan").fill(text)
        self.root.locator(".tl-scan").press("Enter")

    def sees(self, selector, text):
        self.root.locator(selector, has_text=text).first.wait_for(timeout=8_000)

    def menu(self, entry):
        self.click("[data-key=menu]")
        self.root.locator(".tl-entry", has_text=entry).click()

    def pay(self, received=""):
        self.click("[data-key=pay]")
        self.root.locator(".tl-money .tl-input").fill(received)
        self.page.keyboard.press("Enter")
        self.sees(".tl-sheet h2", "is closed")


@pytest.fixture
def tills():
    """Two registers of one warehouse with external stock control."""
    first = asking(name="First")
    return first, asking(name="Second", shop=first.shop, warehouse=first.warehouse)


@pytest.fixture
def milk(tills):
    return stocked(tills[0], 5, "Milk")


@pytest.fixture
def opened(live_server, settings, in_thread, tills, milk):
    """The page of both tills as it opens for the first time."""
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    settings.TRAINING_TILL = True
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATOR))
    session = client.cookies["sessionid"].value
    address = live_server.url + reverse("till-page", args=[[till.pk for till in tills]])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(locale="en", viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(address)
        yield page
        assert page.faults == []
        browser.close()


@pytest.fixture
def page(opened):
    """The page with both tills paired in this browser."""
    for place in (0, 1):
        Pane(opened, place).click("[data-key=join]")
        Pane(opened, place).sees(".tl-tile", "Milk")
    return opened


def told(in_thread):
    rows = KkmTransaction.objects.order_by("pk").values_list("kind", "state")
    return in_thread(lambda: [f"{kind} {state}" for kind, state in rows]).result(timeout=10)


def available(in_thread, sku):
    def look():
        balance = Balance.objects.get(sku=sku)
        return balance.on_hand - balance.sold - balance.reserved

    return in_thread(look).result(timeout=10)


def test_one_sells_and_the_other_hears_is_refused_and_takes_the_rest(page, in_thread, milk):
    one, two = Pane(page, 0), Pane(page, 1)

    one.scan(f"3*{milk.code}")
    two.sees(".tl-left", "2 ")
    two.scan(f"3*{milk.code}")
    two.sees(".tl-notice", "3 asked, 2 free")
    one.pay("1000")
    change = one.text(".tl-given strong")
    page.keyboard.press("Enter")
    two.scan(milk.code)
    two.sees(".tl-lines", "Milk")
    two.click("[data-key=cancel]")
    two.root.locator(".tl-sheet .tl-main").click()
    two.sees(".tl-left", "2 ")
    two.menu("Latest receipts")
    two.sees(".tl-entry small", "taken in")

    assert change == f"{1000 - 3 * 99:.2f}"
    assert sorted(told(in_thread)) == ["cancelled accepted", "sale accepted", *["shift_open accepted"] * 2]
    assert available(in_thread, milk) == 2
    assert in_thread(RegisterToken.objects.live().count).result() == 2


def test_off_line_it_sells_on_remembers_through_a_reload_and_hands_over_once(page, in_thread, milk):
    one = Pane(page, 0)

    one.click("[data-key=line]")
    one.scan(milk.code)
    one.sees(".tl-lines", "Milk")
    one.pay()
    page.reload()
    one.sees(".tl-line", "waiting: 2")
    before = told(in_thread)
    one.click("[data-key=line]")
    one.root.locator(".tl-line", has_text="waiting").wait_for(state="detached")
    one.menu("Latest receipts")
    one.click(".tl-entry")
    one.root.locator(".tl-sheet .tl-main", has_text="Take goods back").click()
    one.root.locator(".tl-back input").fill("2")
    one.root.locator(".tl-sheet .tl-main").click()
    refused = one.text(".tl-sheet .tl-wrong")
    one.root.locator(".tl-back input").fill("1")
    one.root.locator(".tl-sheet .tl-main").click()
    one.sees(".tl-given", "Give back in cash")
    page.keyboard.press("Enter")
    one.menu("Close the shift")
    counted = one.text(".tl-counters")
    one.root.locator(".tl-sheet .tl-main").click()
    one.sees(".tl-title p", "no shift is open")
    one.root.locator(".tl-line", has_text="waiting").wait_for(state="detached")

    assert before == []
    assert refused == "More comes back than was sold."
    assert "Cash in the drawer\t0.00" in counted
    assert told(in_thread) == [f"{kind} accepted" for kind in ("shift_open", "sale", "return", "shift_close")]
    assert available(in_thread, milk) == 5


def test_a_card_gives_its_bonuses_once_though_an_answer_is_lost(page, in_thread, tills, milk):
    def open_card():
        Constants.objects.update(discount_cards=True, online_registers=True)
        return DiscountCardFactory(number=CARD).pk

    card = in_thread(open_card).result(timeout=10)
    page.evaluate(GIVE, [CARD, tills[0].pk])
    page.reload()
    one = Pane(page, 0)
    one.sees(".tl-card", "Add a discount card")
    lost = []

    def lose(route):
        """Let the server do what is asked, and its answer never arrive."""
        if "redeem" in (route.request.post_data or "") and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/cards/*/operations", lose)
    one.scan(milk.code)
    one.scan(CARD)
    one.sees(".tl-card", "bonuses 50.00")
    one.click("[data-key=pay]")
    one.click(".tl-bonuses .tl-key")
    page.keyboard.press("Enter")
    one.sees(".tl-notice", "does not answer")
    one.click("[data-key=pay]")
    page.keyboard.press("Enter")
    one.sees(".tl-given", "50.00")
    one.root.locator(".tl-line", has_text="waiting").wait_for(state="detached")

    def look():
        payments = Receipt.objects.get().payments.order_by("kind").values_list("kind", "amount")
        return dict(payments), DiscountCard.objects.get(pk=card).bonuses

    paid, left = in_thread(look).result(timeout=10)
    assert lost == [200]
    assert paid == {"bonus": Decimal(50), "cash": Decimal(49)}
    assert left <= Decimal("2.45")


def test_money_is_counted_in_whole_kopecks(opened):
    counted = opened.evaluate(
        """async () => {
            const money = await import("/static/exchange/till/decimal.js");
            const write = (value) => money.write(value, 2);
            return [
                write(money.amount(money.money("0.10"), money.quantity("3"))),
                write(money.amount(money.money("1.15"), money.quantity("0.500"))),
                write(money.money("-0.05")),
                String(money.parse("1,2345", 3)),
                String(money.parse("9007199254740993", 2)),
                money.shown(money.money("1234567.80"), 2, "en"),
            ];
        }"""
    )

    assert counted == ["0.30", "0.58", "-0.05", "null", "null", "1,234,567.80"]
