"""What a page says to whoever reads it, and what its controls are called."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import html

_LATIN = re.compile(r"[A-Za-z]{3,}")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_SAID = ("title", "placeholder", "aria-label", "alt")
_ICON = "material-symbols-outlined"
# Names of formats, products, places and keys, and data: what is the same in any language.
_SAME = re.compile(
    r"""English|SKU|UTC|UTF-\d+|Excel( \(\.xlsx\))?|CSV.*|CP866.*|Windows-1251.*|Axes|Esc|Ctrl\ \+\ K|JSON|EAN.*
    | [A-Z][\w]+/[\w/ +-]+                                   # time zones
    | [A-Z]{2,4}(\d[A-Z]{3})?|EquipmentService.*|GMT.*|Off-line.*|Frontol.*|Artix.*
    | [Dd]ay-\d+\.jsonl
    | \w+\*{6,} | manage\.py\ .* | [\w.]+\.[\w.]+ | https?://.* | \S+@\S+ | [\w-]+\d[\w-]* | [{"\[].*
    """,
    re.VERBOSE | re.DOTALL,
)


def page_of(content: bytes) -> Any:
    return html.fromstring(content.decode())


def untranslated(page: Any, *, names: set[str]) -> set[str]:
    """Return what stands on a Russian page in Latin letters alone and is no name."""
    return {text for text in _texts(page) if not _SAME.fullmatch(text) and text not in names}


def _texts(page: Any) -> Iterator[str]:
    for element in page.iter():
        if not isinstance(element.tag, str) or element.tag in {"script", "style", "template", "option", "kbd"}:
            continue
        own = [] if _ICON in element.get("class", "") else [element.text]
        for text in (*own, *(child.tail for child in element), *(element.get(name) for name in _SAID)):
            words = (text or "").strip(" \n\t\r·:,")
            if _LATIN.search(words) and not _CYRILLIC.search(words):
                yield words


def nameless(page: Any) -> set[str]:
    """Return the controls that nothing is said of to whoever does not see them."""
    labelled = {label.get("for") for label in page.iter("label")}
    return {
        f"{control.tag} {control.get('name') or control.get('href') or control.get('id') or control.get('class')}"
        for control in page.iter("input", "select", "textarea", "button", "a")
        if not _is_named(control, labelled)
    }


def _is_named(control: Any, labelled: set[str | None]) -> bool:
    if any(control.get(name) for name in ("aria-label", "aria-labelledby", "title", "placeholder")):
        return True
    if control.tag == "a":
        return not control.get("href") or _speaks(control)
    if control.tag == "button":
        return _speaks(control)
    if control.get("type") in {"hidden", "submit"}:
        return True
    return control.get("id") in labelled or next(control.iterancestors("label"), None) is not None


def _speaks(element: Any) -> bool:
    said = [image.get("alt") for image in element.iter("img")]
    for part in element.iter():
        if isinstance(part.tag, str) and _ICON not in part.get("class", ""):
            said += [part.text, *(child.tail for child in part)]
    return any(text and text.strip() for text in said)
