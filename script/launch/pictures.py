"""script/pictures: the pictures of the guides, taken from the pages of a running demonstration.

A picture is an address, who looks at it, and what is done there first. Its subject is found by walking from a list
to its first row, so that nothing hangs on the keys of one database. Where a verb is shown, the page that asks before it
is done is enough: but for pairing codes and two open tills nothing is changed.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from launch import figures
from launch.errors import LaunchError
from launch.paths import ROOT

_PLACE = ROOT / "docs" / "images" / "guide"
_PASSWORD = "prilavok-demo"
_WIDTH = 1180
_MOST = 150_000
_SETTLES = 700  # Milliseconds: charts are drawn, fonts arrive.


@dataclass(frozen=True)
class Picture:
    """One file of the guides: of which page, for whom, after which steps, how many pixels of it from the top."""

    name: str
    address: str
    person: str
    steps: Callable[[Page], None] | None = None
    width: int = _WIDTH
    height: int = 760
    language: str = "ru"


def _first(*filters: str) -> Callable[[Page], None]:
    """Open the first row of a list, and then press the button of its page that leads to an address."""

    def steps(page: Page) -> None:
        page.locator("#result_list tbody th a, #result_list tbody td a").first.click()
        page.wait_for_load_state()
        for part in filters:
            page.locator(f"a[href*='{part}']").first.click()
            page.wait_for_load_state()

    return steps


def _make_code(page: Page) -> None:
    """Make a pairing code for the last register of the list."""
    _first("/pair")(page)
    page.get_by_role("button", name="Создать код").click()
    page.wait_for_load_state()


def _open_tills(page: Page) -> None:
    """Open two tills and put something on the receipt of the left one."""
    page.locator("section", has_text="Берёзовск").locator(".tc-pair").click()
    page.wait_for_selector("#tills.tl-2")
    page.wait_for_timeout(3000)
    for again in page.locator("[data-key=join]").all():  # Opened by another browser before.
        again.click()
    left = page.locator(".tl-till").first
    for place in (5, 6, 6):  # By the piece.
        left.locator(".tl-tile").nth(place).click()
        page.wait_for_timeout(400)
    page.wait_for_timeout(2000)  # The other till is told.


PICTURES = (
    Picture("home", "/admin/", "admin", width=1360),
    Picture("tills", "/admin/till/", "admin", _open_tills, width=1500, height=660),
    Picture("tills.en", "/admin/till/", "admin", _open_tills, width=1500, height=660, language="en"),
    Picture("post-invoice", "/admin/stock/wholesaleinvoice/?state__exact=draft", "accountant", _first("/post")),
    Picture("items", "/admin/retail/item/", "merchandiser"),
    Picture("import", "/admin/retail/price/import/", "merchandiser"),
    Picture("registers", "/admin/registers/register/", "operator"),
    Picture("register", "/admin/registers/register/", "operator", _first()),
    Picture("pair", "/admin/registers/register/?o=-1", "operator", _make_code, height=560),
    Picture("load", "/admin/exchange/registerload/", "operator", _first()),
    Picture("assignment", "/admin/billing/promotionassignment/", "merchandiser", _first()),
    Picture("invoice", "/admin/stock/wholesaleinvoice/", "accountant", _first()),
    Picture("z-reports", "/admin/stock/zreport/", "accountant"),
    Picture("z-report", "/admin/stock/zreport/?agreement=differs", "accountant", _first()),
    Picture("count", "/admin/stock/stockcount/", "accountant", _first()),
    Picture("balance", "/admin/stock/balance/", "accountant", _first()),
    Picture("error-desk", "/admin/stock/desktransaction/", "accountant"),
    Picture("cards", "/admin/billing/discountcard/", "administrator"),
    Picture("card", "/admin/billing/discountcard/", "administrator", _first()),
    Picture("correction", "/admin/billing/correctiondocument/", "administrator", _first()),
    Picture("night", "/admin/billing/nightrun/", "administrator", height=560),
)


def main() -> int:
    """Take all pictures, or those that are named."""
    parser = argparse.ArgumentParser(prog="script/pictures", description="Takes the pictures of the guides anew.")
    parser.add_argument("names", nargs="*", help="which ones; all unless some are named")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where script/server is")
    parser.add_argument("--figures", type=Path, metavar="MERMAID", help="draw figures instead, by this mermaid.min.js")
    parser.add_argument("--browser", help="the program of Chromium; that of playwright unless it is named")
    chosen = parser.parse_args()
    known = {picture.name: picture for picture in PICTURES}
    if unknown := set(chosen.names) - set(known):
        raise LaunchError(f"No such picture: {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    taken = [known[name] for name in chosen.names] or list(PICTURES)
    _PLACE.mkdir(parents=True, exist_ok=True)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chosen.browser, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
            )
            if chosen.figures:
                for path in figures.draw(browser, program=chosen.figures):
                    print(path.relative_to(ROOT))
                return 0
            for (person, language), pictures in groupby(taken, key=lambda one: (one.person, one.language)):
                _take_all(list(pictures), browser, person=person, language=language, url=chosen.url)
            browser.close()
    except BrowserError as error:
        raise LaunchError(f"The pictures could not be taken: {error.message}") from None
    return 0


def _take_all(pictures: list[Picture], browser: Browser, *, person: str, language: str, url: str) -> None:
    """Sign in as a person and take their pictures."""
    context = browser.new_context(
        locale=language, timezone_id="Europe/Moscow", viewport={"width": _WIDTH, "height": 760}, color_scheme="light"
    )
    page = context.new_page()
    page.goto(f"{url}/admin/login/")
    page.fill("[name=username]", person)
    page.fill("[name=password]", _PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state()
    for picture in pictures:
        page.set_viewport_size({"width": picture.width, "height": picture.height})
        page.goto(f"{url}{picture.address}")
        if picture.steps:
            picture.steps(page)
        page.wait_for_timeout(_SETTLES)
        _keep(page, _PLACE / f"{picture.name}.png")
    context.close()


def _keep(page: Page, path: Path) -> None:
    """Write what is seen; say so if it is too much for a thin line."""
    size = len(page.screenshot(path=path))
    print(f"{path.relative_to(ROOT)} {size // 1000} kB{'  TOO MUCH' if size > _MOST else ''}", flush=True)
