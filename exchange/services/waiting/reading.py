"""The statements of the long poll, on a small pool of connections of its own."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from exchange.services.connections import connection_params
from exchange.services.stock_feed import Change
from exchange.services.waiting.metrics import STATEMENTS

POOL_SIZE = 4
PATIENCE = 5.0  # seconds to get a connection
LEAST_ROWS = 200

_SQL = {name: Path(__file__).with_name(f"{name}.sql").read_text() for name in ("page", "identities", "revisions")}


class Page(msgspec.Struct, frozen=True):
    """What changed in a warehouse after revision `after`, by revision, and where its feed stood at that moment.

    Up to revision `reached` nothing is missing. `sale_revisions` has one number for each of `changes`.
    """

    after: int
    reached: int
    revision: int
    epoch: str
    sync_stock: bool
    packet_size: int
    changes: Sequence[Change]
    sale_revisions: Sequence[int]


class TokenRow(msgspec.Struct, frozen=True, gc=False):
    """A token that exists, and its register as it now is."""

    digest: str
    unused: bool
    revoked: bool
    active: bool
    register: int
    warehouse: int
    stock_control: str
    load: int


class Standing(msgspec.Struct, frozen=True, gc=False):
    """Where a warehouse's feed stands."""

    warehouse: int
    revision: int
    epoch: str


class Reader:
    """Runs the statements. Every method raises `psycopg.Error` when the database cannot be had."""

    def __init__(self) -> None:
        self._pool = AsyncConnectionPool(
            kwargs=connection_params(), min_size=1, max_size=POOL_SIZE, timeout=PATIENCE, open=False, name="wait"
        )

    async def open(self) -> None:
        """Begin to connect, without waiting for it: a database that is away is told of by the statements."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=1)

    async def page(self, warehouse: int, after: int) -> Page:
        """Read what changed in a warehouse after a revision: all of it, or at least a packet."""
        rows = await self._rows("page", warehouse=warehouse, after=after, least=LEAST_ROWS)
        revision, epoch, sync_stock, packet_size = rows[0][:4]
        changed = [row for row in rows if row[4] is not None]
        whole = packet_size == 0 or len(changed) <= max(packet_size, LEAST_ROWS)
        return Page(
            after=after,
            reached=revision if whole else changed[-1][8],
            revision=revision,
            epoch=epoch,
            sync_stock=sync_stock,
            packet_size=packet_size,
            changes=[Change(*row[5:]) for row in changed],
            sale_revisions=[row[4] for row in changed],
        )

    async def tokens(self, digests: Sequence[str]) -> dict[str, TokenRow]:
        """Look up tokens by their digests; those that do not exist are missing from the answer."""
        rows = await self._rows("identities", digests=list(digests))
        return {row[0]: TokenRow(*row) for row in rows}

    async def standings(self, warehouses: Sequence[int]) -> tuple[bool, list[Standing]]:
        """Return whether stock is synchronized at all, and where the feeds of these warehouses stand."""
        rows = await self._rows("revisions", warehouses=list(warehouses))
        return rows[0][0], [Standing(*row[1:]) for row in rows if row[1] is not None]

    async def _rows(self, name: str, **params: Any) -> list[tuple[Any, ...]]:
        """Run a statement; once more if PostgreSQL had gone away since the last one and is back."""
        try:
            return await self._run(name, params)
        except PoolTimeout:
            raise
        except psycopg.OperationalError:
            with suppress(psycopg.Error):
                await self._pool.check()
            return await self._run(name, params)

    async def _run(self, name: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        STATEMENTS.labels(name).inc()
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_SQL[name], params)
            return await cursor.fetchall()
