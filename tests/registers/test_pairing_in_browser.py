"""The page of a pairing code in a real browser: it waits, hears that a till has joined, and says so."""

import re
import shutil

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registers.models import Register
from registers.services import pairing
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
]


@pytest.fixture
def pairing_page(live_server, in_thread):
    """Open the page of a fresh code as a person with the rights; return it."""
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    register, user = RegisterFactory(), UserFactory()
    rights = ("view_register", "add_pairingcode")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    session = client.cookies["sessionid"].value
    address = live_server.url + reverse("admin:registers_register_pair_device", args=[register.pk])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(locale="en")
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(address)
        page.click("button:has-text('Make a code')")
        yield page
        browser.close()


def test_the_page_counts_down_and_hears_of_the_till(pairing_page, in_thread):
    code = pairing_page.inner_text(".rg-code")

    pairing_page.wait_for_function("document.querySelector('#pairing-left').innerText")
    waiting = pairing_page.inner_text("#pairing-outcome")
    left = pairing_page.inner_text("#pairing-left")
    device = {"software": "Till", "version": "4.2", "serial": "SN-1"}
    in_thread(lambda: pairing.pair(code=code, device=device, now=timezone.now())).result(timeout=10)
    pairing_page.wait_for_selector("#pairing-outcome[data-state=paired]", timeout=15_000)

    assert waiting == "Waiting for the till…"
    assert re.fullmatch(r"10:00|9:5\d", left)
    assert pairing_page.inner_text("#pairing-outcome") == "Paired. Till 4.2 · SN-1"
    assert not pairing_page.is_visible("#pairing-countdown")


def test_the_page_offers_another_code_when_its_own_was_replaced(pairing_page, in_thread):
    first = pairing_page.inner_text(".rg-code")

    def issue():
        return pairing.issue(register=Register.objects.get(), by=UserFactory(), now=timezone.now())

    in_thread(issue).result(timeout=10)
    pairing_page.wait_for_selector("#pairing-outcome[data-state=replaced]", timeout=15_000)
    pairing_page.click("button:has-text('Make another code')")
    pairing_page.wait_for_selector("#pairing-outcome[data-state=waiting]")

    assert pairing_page.inner_text(".rg-code") != first
