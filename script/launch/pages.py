"""Which pages the documentation has, and whether what they link to is there: without mkdocs, for tests ask too.

Links are those of the repository, so that they lead somewhere when a file is read where it lies. What is outside docs/
is taken into the site with its page (`OUTSIDE`), or as a file to be fetched.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import yaml

from launch.paths import ROOT

DOCS = ROOT / "docs"
CONFIGURATION = ROOT / "mkdocs.yml"
# What stands in the repository, and as which page of the site.
OUTSIDE = {"README.md": "index.md", "CHANGELOG.md": "changelog.md"}
# Pages that are made while the site is built.
REFERENCE = "reference"
SOURCE = "source"
MADE = {"changelog.md", f"{REFERENCE}/kkmtransfer.md", f"{REFERENCE}/back-office.md"}

_FENCE = r"^(?P<fence>```|~~~).*?^(?P=fence)\s*$"
_LINK = r"!?\[(?P<label>[^\]]*)\]\((?P<target>[^)\s]+)\)"
_MARKDOWN = re.compile(f"{_FENCE}|{_LINK}|`[^`]*`", re.DOTALL | re.MULTILINE)  # What is code holds no links.
FIGURE = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)


def navigation() -> list[str]:
    """Return the pages named in mkdocs.yml, in their order; `adr/*.md` is every decision."""
    return list(_named(yaml.safe_load(CONFIGURATION.read_text())["nav"]))


def expand(nav: list[object]) -> list[object]:
    """Return a navigation in which `folder/*.md` is all of its pages that are not named beside it."""
    opened: list[object] = []
    for one in nav:
        if isinstance(one, str) and "*" in one:
            named = {page for page in _named(nav) if "*" not in page}
            opened += sorted(set(_on_disk(one)) - named)
        elif isinstance(one, dict):
            opened.append({title: expand(what) if isinstance(what, list) else what for title, what in one.items()})
        else:
            opened.append(one)
    return opened


def problems() -> list[str]:
    """Return what is wrong with pages and links, a sentence each."""
    named = list(_named(expand(yaml.safe_load(CONFIGURATION.read_text())["nav"])))
    there = set(_on_disk("**/*.md"))
    found = [f"mkdocs.yml: no page {page}" for page in named if page not in there | MADE]
    found += [
        f"mkdocs.yml: {page} is named twice" for page in sorted({page for page in named if named.count(page) > 1})
    ]
    found += [f"docs/{page} is not in the navigation of mkdocs.yml" for page in sorted(there - set(named))]
    for path in [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in OUTSIDE)]:
        found += [f"{path.relative_to(ROOT)}: {target} leads nowhere" for target in broken(path)]
    pictures = {path for path in (DOCS / "images").rglob("*") if path.is_file()}
    shown = {place for path in DOCS.rglob("*.md") for place, _anchor in links(path)}
    shown |= {place for place in pictures if place.parent.name == "figures"}  # script/pictures drops what is left over.
    return found + [f"{path.relative_to(ROOT)} is shown nowhere" for path in sorted(pictures - shown)]


def broken(path: Path) -> Iterator[str]:
    """Yield the links of a page that lead to no file, or to no heading of it."""
    for place, anchor in links(path):
        told = f"{place.relative_to(ROOT) if place.is_relative_to(ROOT) else place}{'#' + anchor if anchor else ''}"
        page = str(place.relative_to(DOCS)) if place.is_relative_to(DOCS) else ""
        is_there = page in MADE or (place.exists() and place.is_relative_to(ROOT))
        has_headings = anchor and place.suffix == ".md" and place.exists()
        if not is_there or (has_headings and anchor not in anchors(place.read_text())):
            yield told


def links(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield (file, anchor) of each link and image of a page that leads into the repository."""
    found: list[tuple[Path, str]] = []
    rewrite(path.read_text(), at=path, link=lambda _label, place, anchor: found.append((place, anchor)))
    yield from found


def rewrite(text: str, *, at: Path, link: Callable[[str, Path, str], str | None]) -> str:
    """Give each link of a text into the repository to `link` (label, file, anchor); what that says takes its place.

    `at` is the file in which the text stands; None leaves a link as it is.
    """

    def changed(match: re.Match[str]) -> str:
        if not match["target"] or re.match(r"[a-z][a-z0-9+.-]*:|//", match["target"]):
            return match[0]
        target, _, anchor = match["target"].partition("#")
        place = (at.parent / unquote(target)).resolve() if target else at
        said = link(match["label"], place, anchor)
        return match[0] if said is None else said

    return _MARKDOWN.sub(changed, text)


def figures(text: str) -> Iterator[tuple[Path, str]]:
    """Yield each figure of a text as (the file in which it is kept drawn, what it says)."""
    for match in FIGURE.finditer(text):
        yield DOCS / "images" / "figures" / f"{hashlib.sha256(match[1].encode()).hexdigest()[:12]}.svg", match[1]


def anchors(text: str) -> set[str]:
    """Return what the headings of a page may be linked by, as GitHub names them."""
    plain = re.sub(_FENCE, "", text, flags=re.DOTALL | re.MULTILINE)
    return {slug(match[1]) for match in _HEADING.finditer(plain)}


def slug(heading: str, separator: str = "-") -> str:
    """Return the anchor of a heading: that of GitHub, whatever its letters, so that a link works in both places."""
    plain = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", separator)


def on_site(place: Path, *, page: str) -> str | None:
    """Return the address of a file as seen from a page of the site (a path under docs/); None of a mere folder."""
    if place.is_dir():
        if not (place / "README.md").exists():
            return None
        place /= "README.md"
    if place.is_relative_to(DOCS):
        target = place.relative_to(DOCS).as_posix()
    else:
        name = place.relative_to(ROOT).as_posix()
        target = OUTSIDE.get(name) or f"{SOURCE}/{name}"
    return "../" * (len(PurePosixPath(page).parts) - 1) + target


def _named(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for what in nav.values():
            yield from _named(what)
    elif isinstance(nav, list):
        for what in nav:
            yield from _named(what)


def _on_disk(pattern: str) -> list[str]:
    return [path.relative_to(DOCS).as_posix() for path in DOCS.glob(pattern)]
