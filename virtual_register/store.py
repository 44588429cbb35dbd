"""A register's own memory: one SQLite file, safe to use from two terminals at once.

Numbers, cursors and the token are in `memory`; what is sold and what is left in tables of their own. Decimals are kept
as text. Every change that belongs together is one transaction on disk before anything is sent.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS goods (
    sku TEXT PRIMARY KEY, name TEXT NOT NULL, characteristic TEXT, article TEXT, unit TEXT, weighed INTEGER NOT NULL,
    vat TEXT, price TEXT, marking TEXT, plu INTEGER, withdrawn INTEGER NOT NULL, load INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS goods_plu ON goods (plu) WHERE plu IS NOT NULL;
CREATE TABLE IF NOT EXISTS barcode (value TEXT PRIMARY KEY, sku TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS barcode_sku ON barcode (sku);
CREATE TABLE IF NOT EXISTS told (
    sku TEXT PRIMARY KEY, name TEXT NOT NULL, available TEXT NOT NULL, revision INTEGER NOT NULL, load INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, shift INTEGER NOT NULL,
    occurred_at TEXT NOT NULL, receipt_number INTEGER, of_uid TEXT,
    total TEXT NOT NULL DEFAULT '0', cash TEXT NOT NULL DEFAULT '0', card TEXT NOT NULL DEFAULT '0',
    body BLOB NOT NULL, status TEXT
);
CREATE INDEX IF NOT EXISTS journal_outbox ON journal (number) WHERE status IS NULL;
CREATE INDEX IF NOT EXISTS journal_shift ON journal (shift);
CREATE INDEX IF NOT EXISTS journal_receipt ON journal (receipt_number);
CREATE TABLE IF NOT EXISTS pending (
    number INTEGER NOT NULL, sku TEXT NOT NULL, quantity TEXT NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0
);
"""


class Store:
    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)  # It holds a token.
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10.0)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if not self._db.execute("PRAGMA user_version").fetchone()[0]:
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = 1; COMMIT;")

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do several things or none; a second terminal waits."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    def recall(self, key: str, default: str = "") -> str:
        """Return a remembered value."""
        row = self._db.execute("SELECT value FROM memory WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    def remember(self, **values: object) -> None:
        """Keep values under their names; None forgets one."""
        for key, value in values.items():
            if value is None:
                self._db.execute("DELETE FROM memory WHERE key = ?", (key,))
            else:
                self._db.execute("INSERT OR REPLACE INTO memory (key, value) VALUES (?, ?)", (key, str(value)))
