"""Figures that pages hold as text (mermaid), drawn once and kept, since the site fetches nothing and draws nothing.

A figure is known by what it says: docs/images/figures/<hash>.svg. One that was changed and not drawn anew is shown on
the site as its text, which people can read as well; `script/pictures --figures` draws what is missing and drops what
no page says any more.
"""

from pathlib import Path

from playwright.sync_api import Browser

from launch.pages import DOCS, figures

_DRAWN = DOCS / "images" / "figures"
_DRAW = """async text => {
    mermaid.initialize({startOnLoad: false, theme: "neutral", htmlLabels: false, flowchart: {htmlLabels: false}});
    return (await mermaid.render("figure", text)).svg;
}"""


def draw(browser: Browser, *, program: Path) -> list[Path]:
    """Draw the figures of all pages by mermaid's own program (mermaid.min.js), and return their files."""
    wanted = {path: text for page in DOCS.rglob("*.md") for path, text in figures(page.read_text())}
    _DRAWN.mkdir(parents=True, exist_ok=True)
    tab = browser.new_page()
    tab.set_content("<!DOCTYPE html><html><body></body></html>")
    tab.add_script_tag(path=program)
    for path, text in wanted.items():
        path.write_text(tab.evaluate(_DRAW, text) + "\n")
    for path in set(_DRAWN.glob("*.svg")) - set(wanted):
        path.unlink()
    tab.close()
    return sorted(wanted)
