"""script/messages: the message catalogues, without the gettext programs.

    script/messages update     collect the words from the sources into locale/<language>/LC_MESSAGES/django.po
    script/messages compile    make the .mo files that Django reads (not in git), where the .po is newer
    script/messages check      fail if a word is missing, untranslated or fuzzy

Words are collected from our Python sources and templates, and from packages that people see and that bring no
Russian of their own, or not all of it (django-unfold above all): of those only the words that no package translates.

A word that a package translates badly is translated again by an entry in our catalogue with the comment "# Reworded":
`update` keeps it, and `check` fails once the packages say it no longer.
"""

import ast
import importlib
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from launch.errors import LaunchError
from launch.paths import ROOT, VENV

LANGUAGES = ("ru",)  # The words in the sources are English, so English needs no catalogue.
SOURCES = ("config", "retail", "registers", "stock", "billing", "exchange", "templates")
UNTRANSLATED_PACKAGES = (
    *("axes", "django_celery_beat", "django_filters", "drf_spectacular", "import_export", "rest_framework"),
    *("tree_queries", "unfold"),
)
_UNUSED = {"constance", "guardian", "location_field", "unfold_crispy"}  # Parts of django-unfold that are not installed.
_LOCALE = ROOT / "locale"
_REWORDED = "Reworded"
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

_Key = tuple[str, str | None]


def update_catalogues() -> list[Path]:
    """Bring every catalogue up to date with the sources; translations that are still needed are kept."""
    return [_update(language) for language in LANGUAGES]


def compile_catalogues() -> list[Path]:
    """Compile each catalogue that is newer than what was compiled of it, and return what was made."""
    made = []
    for source in _catalogues():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        making = target.with_suffix(".making")  # Another process may be reading the old one.
        with making.open("wb") as file:
            write_mo(file, _read(source))
        making.rename(target)
        made.append(target)
    return made


def problems() -> list[str]:
    """Return what is wrong with the catalogues, one line for each word."""
    found = []
    for language in LANGUAGES:
        path = _path(language)
        catalogue = _read(path) if path.exists() else Catalog(locale=language)
        translated = {_key(message): message for message in catalogue if message.id}
        reworded = [message for message in translated.values() if _is_reworded(message)]
        if reworded:
            theirs = _known_to_packages(language)
            found += [f"{language}: said no longer: {_key(one)[0]!r}" for one in reworded if _key(one) not in theirs]
        for message in [*_wanted(language), *reworded]:
            known = translated.get(_key(message))
            if known is None:
                found.append(f"{language}: missing: {_key(message)[0]!r} ({_where(message)})")
            elif known.fuzzy or not all(known.string if isinstance(known.string, (list, tuple)) else [known.string]):
                found.append(f"{language}: untranslated: {_key(message)[0]!r} ({_where(message)})")
            elif errors := [str(error) for error in known.check(catalogue)]:
                found.append(f"{language}: wrong: {_key(message)[0]!r}: {'; '.join(errors)}")
    return found


def _update(language: str) -> Path:
    path = _path(language)
    old = _read(path) if path.exists() else Catalog(locale=language)
    new = Catalog(locale=language, project="Prilavok", charset="utf-8", fuzzy=False, header_comment="")
    for message in _wanted(language):
        known = old.get(message.id, message.context)
        new.add(
            message.id,
            known.string if known else None,
            context=message.context,
            locations=message.locations,
            flags=(known or message).flags | message.flags,
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known else [],
        )
    for message in old:
        if _is_reworded(message) and _key(message) not in {_key(one) for one in new}:
            new[message.id] = message
    new.creation_date = new.revision_date = None  # type: ignore[assignment]  # A date would change with every run.
    text = BytesIO()
    write_po(text, new, width=110, include_lineno=False, sort_output=True, omit_header=False)
    lines = [line for line in text.getvalue().decode().splitlines(keepends=True) if not _is_noise(line)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines).lstrip())
    return path


def _is_reworded(message: Message) -> bool:
    return _REWORDED in message.user_comments


def _is_noise(line: str) -> bool:
    return line.startswith(
        (
            *('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Language-Team', '"Generated'),
            *('"Project-Id-Version', '"Report-Msgid-Bugs-To'),
        )
    )


def _wanted(language: str) -> list[Message]:
    """Collect what has to be translated."""
    wanted = Catalog(locale=language)
    for name in SOURCES:
        _collect(ROOT / name, ROOT, wanted)
    theirs = Catalog(locale=language)
    for name in UNTRANSLATED_PACKAGES:
        package = Path(importlib.import_module(name).__path__[0])
        _collect(package, package.parent, theirs)
    known = _known_to_packages(language)
    for message in theirs:
        if message.id and _key(message) not in known:
            wanted.add(message.id, context=message.context, locations=message.locations, flags=message.flags)
    return [message for message in wanted if message.id]


def _collect(directory: Path, base: Path, catalog: Catalog) -> None:
    for path in sorted(directory.rglob("*")):
        if path.suffix not in {".py", ".html", ".txt", ".svg"} or {"migrations", *_UNUSED} & set(path.parts):
            continue
        for line, _function, ids, comments, context in _words(path):
            catalog.add(ids, context=context, locations=[(str(path.relative_to(base)), line)], auto_comments=comments)


def _words(path: Path) -> Iterator[tuple]:  # type: ignore[type-arg]
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        if "trans" not in text and "_(" not in text:
            return
        # templatize leaves something like Python, where indentation means nothing and would only be an error.
        text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
    elif "gettext" not in text:
        return
    keywords = _KEYWORDS | (_aliases(text) if path.suffix == ".py" else {})
    for line, ids, comments, context in extract(
        "python", BytesIO(text.encode()), keywords, comment_tags=("Translators:",), options={"encoding": "utf-8"}
    ):
        if ids and ids != ("",):
            yield line, None, ids, comments, context


def _aliases(source: str) -> dict[str, Any]:
    """Return the keywords that a module gives names of its own: `from … import gettext as _now`."""
    return {
        name.asname: _KEYWORDS.get(name.name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.asname and name.name in _KEYWORDS
    }


def _known_to_packages(language: str) -> set[_Key]:
    known: set[_Key] = set()
    for path in VENV.glob(f"lib/python3.*/site-packages/**/locale/{language}/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            found = [_key(message) for message in read_mo(file) if message.id and message.string]
        known.update((word, _decoded(context)) for word, context in found)
    return known


def _decoded(context: str | bytes | None) -> str | None:
    """Return a context as text: read_mo leaves it as it stands in the file."""
    return context.decode() if isinstance(context, bytes) else context


def _catalogues() -> list[Path]:
    return sorted(_LOCALE.glob("*/LC_MESSAGES/django.po"))


def _path(language: str) -> Path:
    return _LOCALE / language / "LC_MESSAGES" / "django.po"


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def _key(message: Message) -> _Key:
    return (message.id if isinstance(message.id, str) else message.id[0]), message.context


def _where(message: Message) -> str:
    return ", ".join(f"{path}:{line}" for path, line in message.locations[:3])


def main() -> int:
    """Run script/messages."""
    if not settings.configured:
        settings.configure(USE_I18N=False)
    wish = sys.argv[1] if len(sys.argv) == 2 else ""
    if wish == "update":
        print("\n".join(f"{path.relative_to(ROOT)} updated" for path in update_catalogues()))
    elif wish == "compile":
        print("\n".join(f"{path.relative_to(ROOT)} made" for path in compile_catalogues()) or "All are compiled.")
    elif wish == "check":
        found = problems()
        print("\n".join(found) or "Every word is translated.")
        return 1 if found else 0
    else:
        raise LaunchError("Say one of: script/messages update | compile | check")
    return 0
