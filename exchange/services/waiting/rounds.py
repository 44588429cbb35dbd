"""One page of changes into answers.

Registers that stand at the same place and hear the same kinds of change get the same bytes, encoded once.
"""

from bisect import bisect_right

import msgspec

from exchange.services.cursors import Cursor, ReloadRequired, full_load
from exchange.services.stock_feed import Change, StockPacket, StockSyncDisabled, feed_of, next_cursor
from exchange.services.waiting.identities import Identity
from exchange.services.waiting.reading import Page
from retail.exceptions import DomainError

_encode = msgspec.json.Encoder(decimal_format="string").encode


class Packet(msgspec.Struct, frozen=True):
    """The bytes of an answer, and the cursor they end with."""

    body: bytes
    cursor: Cursor


class Round:
    def __init__(self, page: Page) -> None:
        self.page = page
        self._made: dict[tuple[Cursor, bool], Packet | None] = {}

    def outcome(self, cursor: Cursor | None, identity: Identity) -> Packet | DomainError | None:
        """Return what to tell a register that stands at `cursor` (None: it begins a full load); None: nothing new."""
        page = self.page
        if not page.sync_stock:
            return StockSyncDisabled()
        feed = feed_of(told_of_invoices=identity.told_of_invoices)
        if cursor is None:
            start = full_load(
                feed, epoch=page.epoch, scope=identity.warehouse, load=identity.load, revision=page.revision
            )
            return self._packet(start, list(page.changes))
        try:
            cursor.check(
                feed=feed, epoch=page.epoch, scope=identity.warehouse, load=identity.load, revision=page.revision
            )
        except ReloadRequired as refusal:
            return refusal
        key = (cursor, identity.told_of_invoices)
        if key not in self._made:
            changes = self._news(cursor, identity.told_of_invoices)
            self._made[key] = self._packet(cursor, changes) if changes else None
        return self._made[key]

    def _news(self, cursor: Cursor, told_of_invoices: bool) -> list[Change]:
        changes, sale_revisions = self.page.changes, self.page.sale_revisions
        begin = bisect_right(changes, cursor.position, key=lambda change: change.revision)
        if told_of_invoices:
            return list(changes[begin:])
        return [changes[place] for place in range(begin, len(changes)) if sale_revisions[place] > cursor.floor]

    def _packet(self, cursor: Cursor, changes: list[Change]) -> Packet:
        page = self.page
        more = page.reached < page.revision
        if 0 < page.packet_size < len(changes):
            more = True
            del changes[page.packet_size :]
        last = changes[-1].revision if changes else None
        moved = next_cursor(cursor, revision=page.revision, last=last, more=more)
        return Packet(_encode(StockPacket(changes, str(moved), more)), moved)
