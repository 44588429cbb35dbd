"""A register: what a cashier does, what it asks the server, what it remembers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

import msgspec
from msgspec import UNSET

from virtual_register import wire
from virtual_register.errors import Diverged, RegisterError, ReloadRequired, TokenRefused, Unreachable
from virtual_register.goods import Goods
from virtual_register.outbox import Outbox, Sold, in_one_call
from virtual_register.receipts import Item, compose, fiscal_document, take
from virtual_register.server import Server, decoded
from virtual_register.stock import Moved, Stock
from virtual_register.store import Store

MAX_BATCH = 1000


class Loaded(msgspec.Struct, frozen=True):
    pages: int
    goods: int
    withdrawn: int


class PriceCheck(msgspec.Struct, frozen=True):
    """The server's answer about one good."""

    sku: str = ""
    name: str = ""
    price: Decimal | None = None
    available: Decimal | None = None


class _Token(msgspec.Struct, frozen=True):
    token: str


_read_token = msgspec.json.Decoder(_Token).decode
_read_price = msgspec.json.Decoder(PriceCheck).decode


class Register:
    """One till. `offline`: it sells and sends nothing until told to; `lost`: why the server was last given up;
    `stock_control`: it asks before each line, whatever its settings say; `pulled`: the server fetches what it sold."""

    def __init__(
        self,
        store: Store,
        server: Server,
        *,
        name: str,
        clock: Callable[[], datetime],
        offline: bool = False,
        stock_control: bool = False,
        wait_url: str | None = None,
    ) -> None:
        self.store = store
        self.server = server
        self.name = name
        self.offline = offline
        self.lost: Unreachable | TokenRefused | None = None
        self.pulled = False
        self.goods = Goods(store)
        self.stock = Stock(store)
        self.outbox = Outbox(store)
        self._stock_control = stock_control
        self._clock = clock
        self._wait_url = wait_url

    def close(self) -> None:
        self.store.close()
        self.server.close()

    # Joining

    def rotate(self) -> None:
        """Take a new token, on disk before it is used: until then the old one works."""
        token = decoded(_read_token, self.server.post("token/rotate")).token
        self.store.remember(token=token, server=self.server.url)
        self.server.token = token

    def settings(self) -> wire.Settings:
        """Ask who this register is, and remember what selling off-line needs."""
        settings = decoded(wire.read_settings, self.server.get("settings"))
        if settings.stock_control != self.store.recall("stock_control", settings.stock_control):
            self.store.remember(stock_cursor=None)  # Another mode hears of other changes.
        self.store.remember(
            stock_control=settings.stock_control,
            wait_url=settings.wait_url,
            weighed_prefixes=",".join(settings.weighed_prefixes),
        )
        return settings

    # What may be sold, what is left

    def load(self, *, full: bool = False) -> Loaded:
        """Load goods page by page to the end; everything again when the server asks for it."""
        if full or self.goods.cursor is None:
            self.goods.begin()
        pages = goods = withdrawn = 0
        while True:
            try:
                packet = decoded(wire.read_goods, self.server.get("goods", cursor=self.goods.cursor))
            except ReloadRequired:
                if self.goods.cursor is None:
                    raise
                self.goods.begin()
                continue
            self.goods.apply(packet)
            pages += 1
            goods += len(packet.goods)
            withdrawn += sum(good.withdrawn for good in packet.goods)
            if not packet.more:
                return Loaded(pages, goods, withdrawn)

    def sync(self, *, full: bool = False) -> list[Moved]:
        """Poll stock to the end of the feed. Returns what moved."""
        if full or self.stock.cursor is None:
            self.stock.begin()
        counted = self.stock.acknowledged()
        moved: list[Moved] = []
        while True:
            asked = self.stock.cursor
            try:
                packet = decoded(wire.read_stock, self.server.get("stock", cursor=asked))
            except ReloadRequired:
                if asked is None:
                    raise
                self.stock.begin()
                continue
            moved += self.stock.apply(packet, asked=asked, counted=counted)
            if not packet.more:
                return moved

    def wait(self, *, seconds: int = 25) -> list[Moved]:
        """Wait until something changes, `seconds` at most. Returns what moved; nothing on timeout."""
        asked = self.stock.cursor
        if asked is None:
            return self.sync()
        counted = self.stock.acknowledged()
        try:
            answer = self.server.get(self.wait_address(), within=seconds + 10.0, cursor=asked, timeout=seconds)
        except ReloadRequired:
            return self.sync(full=True)
        if answer.status_code == 204:
            return []
        packet = decoded(wire.read_stock, answer)
        moved = self.stock.apply(packet, asked=asked, counted=counted)
        return moved + self.sync() if packet.more else moved

    def wait_address(self) -> str:
        """Return where to wait: what the command line says, else the settings. Raises `RegisterError`."""
        known = self._wait_url or self.store.recall("wait_url") or self.settings().wait_url
        if not known:
            raise RegisterError("The server named no address to wait at: give one with --wait-url.")
        return wire.wait_address(known)

    def check_sums(self) -> tuple[int, str]:
        """Poll to the end and compare checksums. Returns (count, checksum). Raises `Diverged`."""
        for _attempt in range(10):
            self.sync()
            server = decoded(wire.read_checksum, self.server.get("stock/checksum"))
            if server.cursor == self.stock.cursor:
                ours = self.stock.checksum(server)
                if ours != (server.count, server.checksum):
                    here, there = f"{ours[0]} SKUs, {ours[1]} here", f"{server.count} SKUs, {server.checksum} there"
                    raise Diverged(f"Stock differs: {here}; {there}.")
                return ours
        raise Unreachable("Stock moves too fast to compare checksums: try again in a quieter moment.")

    def price(self, code: str) -> PriceCheck:
        """Ask the server about one good, by barcode or SKU."""
        return decoded(_read_price, self.server.get(f"stock/{quote(code, safe='')}"))

    # What a cashier does

    @property
    def asks(self) -> bool:
        """Whether stock control is asked before each line: it is external, and the server was not given up."""
        external = self._stock_control or self.store.recall("stock_control") == "external"
        return external and not self.offline and self.lost is None

    def scan(self, code: str, asked: Decimal | None, *, lying: Sequence[Item] = (), force: bool = False) -> Item:
        """Put a good on the counter. Raises `RegisterError` for what the register cannot sell.

        Under stock control what is left by our own view decides, less what is `lying` there; `force` sells anyway.
        """
        good, barcode, weighed = self.goods.find(code)
        item = take(good, barcode, asked or weighed or Decimal(1))
        control = self.store.recall("stock_control", "none")
        left = self.stock.left(good.sku) - sum((one.quantity for one in lying if one.good.sku == good.sku), Decimal(0))
        knows = self.stock.cursor is not None  # It may never have been told: synchronization can be off.
        if control != "none" and knows and not force and left < item.quantity:
            raise RegisterError(
                f"{good.name} ({good.sku}): {max(left, Decimal(0)):.3f} left here (--force sells anyway)."
            )
        return item

    def sell(
        self, items: Sequence[Item], *, paid_by: str = "cash", card: str | None = None, uid: str | None = None
    ) -> wire.Transaction:
        """Close a receipt: into the outbox, with its number, before anything else. `uid` is what it was held under."""
        return self._receipt("sale", items, paid_by=paid_by, card=card, uid=uid)

    def cancel(self, items: Sequence[Item], *, uid: str | None = None) -> wire.Transaction:
        """Give a receipt up."""
        return self._receipt("cancelled", items, paid_by="cash", paid=False, uid=uid)

    def give_back(self, items: Sequence[Item], *, of: Sold | None, paid_by: str = "cash") -> wire.Transaction:
        """Take goods back; `of` is the sale, if known. Raises `RegisterError` for more than it sold."""
        if of is not None:
            back = self.outbox.returned(of.receipt.uid)
            for item in items:
                sold = sum((line.quantity for line in of.receipt.lines if line.sku == item.good.sku), Decimal(0))
                rest = sold - back.get(item.good.sku, Decimal(0))
                if item.quantity > rest:
                    raise RegisterError(
                        f"{item.good.name} ({item.good.sku}): {rest:.3f} of receipt {of.receipt.number} can come back."
                    )
        return self._receipt("return", items, paid_by=paid_by, of=of.receipt.uid if of else UNSET)

    def open_shift(self) -> wire.Transaction:
        if self.outbox.shift is not None:
            raise RegisterError(f"Shift {self.outbox.shift} is open already.")
        if not self.outbox.has_numbers():
            self._begin_numbers()
        return self.outbox.open_shift(now=self._clock())

    def close_shift(self) -> wire.Transaction:
        if self.outbox.shift is None:
            raise RegisterError("No shift is open.")
        return self.outbox.close_shift(now=self._clock())

    def cash(self, kind: wire.Kind, amount: Decimal) -> wire.Transaction:
        """Put money into the drawer or take it out. Raises `RegisterError` for more than lies in it."""
        self._in_a_shift()
        if kind == "cash_out" and amount > self.outbox.drawer():
            raise RegisterError(f"Only {self.outbox.drawer()} lies in the drawer.")
        return self.outbox.write_cash(kind, amount, now=self._clock())

    def upload(self, *, again: int = 0) -> list[wire.Result]:
        """Send the outbox, and the last `again` transactions once more. Nothing leaves it without an answer."""
        results = self._send(self.outbox.latest(again)) if again else []
        while waiting := self.outbox.waiting(limit=MAX_BATCH):
            results += self._send(in_one_call(waiting))
        return results

    def _send(self, waiting: Sequence[tuple[int, bytes]]) -> list[wire.Result]:
        body = wire.batch(body for _number, body in waiting)
        answer = decoded(wire.read_results, self.server.post("transactions", body))
        if len(answer.results) != len(waiting):
            raise Unreachable(f"The server gave {len(answer.results)} answers to {len(waiting)} transactions.")
        pairs = [(number, result) for (number, _), result in zip(waiting, answer.results, strict=True)]
        self.outbox.settle(pairs)
        return [result for _, result in pairs]

    def _in_a_shift(self) -> None:
        """Open a shift if none is: our cashier forgets."""
        if self.outbox.shift is None:
            self.open_shift()

    def _begin_numbers(self) -> None:
        """Find out, with a fresh memory, which number the server has seen last. Off-line nobody knows."""
        last = None
        if not self.offline and not self.lost:
            try:
                last = decoded(wire.read_results, self.server.post("transactions", wire.batch(()))).last_number
            except (Unreachable, TokenRefused) as error:
                self.lost = error  # The cashier does not wait for a second failure.
        self.outbox.begin(after=last, today=self._clock().date())

    def _receipt(self, kind: wire.Kind, items: Sequence[Item], *, paid_by: str, **more: object) -> wire.Transaction:
        if not items:
            raise RegisterError("The receipt is empty.")
        self._in_a_shift()

        def build(number: int, document: int) -> wire.Receipt:
            return compose(
                items,
                number=number,
                fiscal=fiscal_document(self.name, document),
                cashier="1",
                paid_by=paid_by,
                **more,  # type: ignore[arg-type]
            )

        return self.outbox.write_receipt(kind, build, now=self._clock())
