"""Who edits: told to the database, whose triggers write it down beside every edit.

The editor rides along with each statement that writes, as a setting of its transaction (`prilavok.editor`): no
statement more, nothing to take back afterwards, and nothing that a pooler could hand to somebody else. Nothing here
needs a model, because `manage.py` says who acts before there are any.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import ServerCursor
from psycopg.sql import quote

from retail.choices import EditSource

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|MERGE|WITH\b.*\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE)\b)", re.I | re.S
)


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
    """Sign what is edited inside."""
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


def attend(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Sign what a connection writes from now on (a receiver of `connection_created`)."""
    if _sign not in connection.execute_wrappers:
        connection.execute_wrappers.append(_sign)


@contextmanager
def _acting(editor: Editor) -> Iterator[None]:
    token = _current.set(editor)
    try:
        yield
    finally:
        _current.reset(token)


def _name(user: "User") -> str:
    return user.get_full_name() or user.get_username()


def _sign(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Put the editor before a statement that writes; both go to the database together, and are one transaction."""
    connection, editor = context["connection"], _current.get()
    # The setting lives as long as its transaction: one who has done is taken off before another writes in the same one.
    if editor is None and not getattr(connection, "is_signed", False):
        return execute(sql, params, many, context)
    cursor = context["cursor"].cursor
    if many or not isinstance(sql, str) or not _WRITES.match(sql) or isinstance(cursor, ServerCursor):
        return execute(sql, params, many, context)
    connection.is_signed = editor is not None
    signature = quote(json.dumps(asdict(editor), ensure_ascii=False) if editor else "", connection.connection)
    if params is not None:
        signature = signature.replace("%", "%%")
    execute(f"SELECT set_config('prilavok.editor', {signature}, true); {sql}", params, many, context)
    cursor.nextset()  # What the statement itself has answered.
    return None
