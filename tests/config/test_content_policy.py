"""What a browser may do with what we answer; whether pages live with it is asked of a real one."""

import shutil

import pytest
from django.test import Client
from django.urls import reverse

from config.content_policy import ADMIN, FEATURES, NOT_A_PAGE, PAGE
from registers.models import Register
from retail.models import Item
from stock.models import GoodsReceipt
from tests.config.everything import make_some
from tests.factories.people import UserFactory
from tests.registers.test_pairing_in_browser import CHROMIUM, QUIET
from tests.retail.admin import page, signed_in

SMUGGLED = """() => {
    const script = document.createElement("script");
    script.textContent = "window.smuggled = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.smuggled = true'>");
    const elsewhere = document.createElement("script");
    elsewhere.src = "data:text/javascript,window.smuggled = true";
    document.body.append(elsewhere);
    const link = document.createElement("a");
    link.href = "javascript:window.smuggled = true";
    document.body.append(link);
    link.click();
}"""
NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push([location.pathname, event.violatedDirective, event.blockedURI, event.sample].join(" ")));
"""


@pytest.mark.django_db
def test_every_answer_says_what_a_browser_may_do_with_it(settings):
    settings.TRAINING_TILL = True
    client = signed_in()

    said = {
        path: client.get(path).headers
        for path in ("/admin/", "/admin/login/", "/admin/no-such-page/", "/nowhere", "/api/docs", "/kkm/v1/settings",
                     "/api/v1/items", "/healthz", "/admin/till/", "/api/schema", "/api/docs?script=")
    }  # fmt: skip

    policies = {path: headers.get("Content-Security-Policy") for path, headers in said.items()}
    pages = ("/admin/", "/admin/login/", "/admin/no-such-page/", "/admin/till/")
    assert policies == dict.fromkeys(said, NOT_A_PAGE) | dict.fromkeys(pages, ADMIN) | {
        "/nowhere": PAGE, "/api/docs": PAGE
    }  # fmt: skip
    assert said["/admin/"]["Permissions-Policy"] == FEATURES
    for headers in said.values():
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_the_till_may_ask_where_registers_wait_and_nowhere_else(settings):
    settings.TRAINING_TILL, settings.WAIT_URL = True, "https://wait.example.ru:8443/kkm/v1/wait"
    make_some()

    till = signed_in().get(reverse("till-page", args=[[Register.objects.all()[0].pk]]))

    assert "connect-src 'self' https://wait.example.ru:8443;" in till["Content-Security-Policy"]
    assert "unsafe-eval" not in till["Content-Security-Policy"]


@pytest.fixture
def addresses(transactional_db, settings):
    """Pages of every kind, of a chain that has something of each."""
    settings.TRAINING_TILL = True
    make_some()
    register, item, receipt = Register.objects.all()[0], Item.objects.all()[0], GoodsReceipt.objects.all()[0]
    return [
        "/admin/",
        page("retail_item_changelist"),
        page("retail_item_change", item.pk),
        page("stock_goodsreceipt_change", receipt.pk),
        page("stock_goodsreceipt_print_document", receipt.pk),
        page("registers_register_pair_device", register.pk),
        "/admin/till/",
        reverse("till-page", args=[[register.pk]]),
        "/api/docs",
        "/nowhere",
    ]


@pytest.fixture
def browser_page(live_server, addresses):
    """A page of Chromium in which a superuser has signed in; it notes what the policy refused."""
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    session = client.cookies["sessionid"].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(locale="en", base_url=live_server.url)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        context.add_init_script(NOTE_VIOLATIONS)
        yield context.new_page()
        browser.close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")
def test_pages_live_with_the_policy_and_smuggled_scripts_do_not(addresses, browser_page):
    violated, faults, smuggled = [], [], []
    browser_page.on("pageerror", lambda error: faults.append(str(error)))
    for address in addresses:
        browser_page.goto(address, wait_until="load")
        browser_page.wait_for_timeout(100)  # Alpine and charts begin after the page.
        violated += browser_page.evaluate("window.violations")
        browser_page.evaluate(SMUGGLED)
        browser_page.wait_for_timeout(50)
        smuggled += [address] if browser_page.evaluate("window.smuggled") else []

    assert (violated, faults, smuggled) == ([], [], [])
