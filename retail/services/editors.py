"""Who edits: told to the database, whose triggers write it down beside every edit.

The editor is a setting of the connection (`prilavok.editor`), so that a statement costs nothing more for it. It is told
when one begins to act, when a connection is opened meanwhile, and when he has done. Nothing here needs a model, because
`manage.py` says who acts before there are any.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import DatabaseError, connection

from retail.choices import EditSource

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Editor:
    """Who acts, and through what: `origin` is the name of a command or a task, `run` the key of a file's import."""

    source: str = EditSource.DIRECT
    origin: str = ""
    by: int | None = None
    name: str = ""
    run: int | None = None


_current: ContextVar[Editor | None] = ContextVar("editor", default=None)


def current() -> Editor:
    return _current.get() or Editor()


@contextmanager
def editing(*, source: EditSource, by: "User | None" = None, origin: str = "") -> Iterator[None]:
    """Sign what is edited inside. Stands outside of transactions: what a rollback undoes is told again by nobody."""
    with _acting(Editor(source=source, origin=origin, by=by.pk if by else None, name=_name(by) if by else "")):
        yield


@contextmanager
def importing(*, run: int) -> Iterator[None]:
    """Sign what is edited inside as rows of a file, by whoever acts."""
    with _acting(replace(current(), run=run)):
        yield


def recognise(*, by: "User", origin: str) -> None:
    """Say who it is that acts already: a program, once its token has been read. Says nothing while nobody acts."""
    if editor := _current.get():
        _current.set(replace(editor, by=by.pk, name=_name(by), origin=origin))
        _tell_if_open()


def introduce(*, connection: Any, **_: Any) -> None:
    """Tell a new connection who acts (a receiver of `connection_created`)."""
    if _current.get():
        _tell(connection)


@contextmanager
def _acting(editor: Editor) -> Iterator[None]:
    token = _current.set(editor)
    try:
        _tell_if_open()
        yield
    finally:
        _current.reset(token)
        try:
            _tell_if_open()
        except DatabaseError:  # It must not go on in his name; the next one opens another.
            with suppress(DatabaseError):
                connection.close()


def _name(user: "User") -> str:
    return user.get_full_name() or user.get_username()


def _tell_if_open() -> None:
    # A connection that a failed transaction has left unusable is rolled back, and the setting with it.
    if apps.ready and connection.connection is not None and not connection.needs_rollback:
        _tell(connection)


def _tell(connection: Any) -> None:
    editor = _current.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('prilavok.editor', %s, false)",
            [json.dumps(asdict(editor), ensure_ascii=False) if editor else ""],
        )
