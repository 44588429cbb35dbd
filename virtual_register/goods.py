"""What the register may sell: loaded page by page, found by barcode or SKU."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from virtual_register.errors import RegisterError
from virtual_register.store import Store
from virtual_register.wire import Good, GoodsPacket

_WEIGHED = re.compile(r"2\d{12}", re.ASCII)
COLUMNS = "sku, name, characteristic, article, unit, weighed, vat, price, marking, plu, withdrawn"


class Goods:
    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def cursor(self) -> str | None:
        return self._store.recall("goods_cursor") or None

    def begin(self) -> None:
        """Start a full load: what it does not mention is gone when its last page has come."""
        with self._store.transaction():
            self._store.remember(
                goods_load=int(self._store.recall("goods_load", "0")) + 1, goods_cursor=None, goods_loading=1
            )

    def apply(self, packet: GoodsPacket) -> None:
        """Take one page in and move the cursor past it, or neither."""
        with self._store.transaction() as db:
            load = int(self._store.recall("goods_load", "0"))
            sold = [good for good in packet.goods if not good.withdrawn]
            places = ", ".join("?" * (COLUMNS.count(",") + 2))
            db.executemany(
                f"INSERT OR REPLACE INTO goods ({COLUMNS}, load) VALUES ({places})",
                [(*_row(good), load) for good in sold],
            )
            # A withdrawn good comes by its code alone; what we know of it is still needed to take it back.
            db.executemany(
                "UPDATE goods SET withdrawn = 1 WHERE sku = ?",
                [(good.sku,) for good in packet.goods if good.withdrawn],
            )
            db.executemany("DELETE FROM barcode WHERE sku = ?", [(good.sku,) for good in sold])
            db.executemany(
                "INSERT OR REPLACE INTO barcode (value, sku) VALUES (?, ?)",
                [(barcode, good.sku) for good in sold for barcode in good.barcodes],
            )
            self._store.remember(goods_cursor=packet.cursor)
            if not packet.more and self._store.recall("goods_loading"):
                db.execute("DELETE FROM goods WHERE load < ?", (load,))
                db.execute("DELETE FROM barcode WHERE sku NOT IN (SELECT sku FROM goods)")
                self._store.remember(goods_loading=None)

    def find(self, code: str) -> tuple[Good, str, Decimal | None]:
        """Return the good that a barcode or a SKU code means, the barcode scanned ("" for a SKU code) and the quantity
        that a weighed barcode holds. Raises `RegisterError`.
        """
        if self._one("SELECT sku FROM goods WHERE sku = ?", code) is not None:
            return self.get(code), "", None
        sku = self._one("SELECT sku FROM barcode WHERE value = ?", code)
        if sku is not None:
            return self.get(sku), code, None
        if (weighed := self._weighed(code)) is not None:
            return weighed
        if self.count() == 0:
            raise RegisterError("This register has no goods yet: load them first (load).")
        raise RegisterError(f"Nobody here knows {code}: it is neither a barcode nor a SKU of this register.")

    def get(self, sku: str) -> Good:
        """Return a good of this register. Raises `RegisterError`."""
        rows = self._store.rows(f"SELECT {COLUMNS} FROM goods WHERE sku = ?", sku)
        if not rows:
            raise RegisterError(f"SKU {sku} is not among this register's goods.")
        return _good(rows[0])

    def _weighed(self, code: str) -> tuple[Good, str, Decimal] | None:
        """Take a scales' barcode apart: prefix, 5 digits of the scales code, 5 of grams, check digit."""
        prefixes = self._store.recall("weighed_prefixes").split(",")
        if not _WEIGHED.fullmatch(code) or code[:2] not in prefixes or not _checks(code):
            return None
        sku = self._one("SELECT sku FROM goods WHERE plu = ?", int(code[2:7]))
        return None if sku is None else (self.get(sku), code, Decimal(code[7:12]) / 1000)

    def _one(self, sql: str, value: object) -> str | None:
        rows = self._store.rows(sql, value)
        return str(rows[0][0]) if rows else None

    def search(self, text: str = "", *, limit: int = 20) -> Iterator[Good]:
        """Yield goods whose name, article or code holds the text, in any case."""
        sought = text.casefold()
        for row in self._store.rows(f"SELECT {COLUMNS} FROM goods WHERE withdrawn = 0 ORDER BY name, sku"):
            if sought in f"{row[0]} {row[1]} {row[3]}".casefold():
                yield _good(row)
                limit -= 1
                if limit == 0:
                    return

    def barcodes(self, sku: str) -> list[str]:
        return [str(row[0]) for row in self._store.rows("SELECT value FROM barcode WHERE sku = ? ORDER BY value", sku)]

    def count(self) -> int:
        """Return how many goods may be sold now."""
        return int(self._store.rows("SELECT count(*) FROM goods WHERE withdrawn = 0")[0][0])


def _row(good: Good) -> tuple[Any, ...]:
    price = None if good.price is None else str(good.price)
    return (
        good.sku, good.name, good.characteristic, good.article, good.unit,
        good.weighed, good.vat, price, good.marking, good.plu, good.withdrawn,
    )  # fmt: skip


def _good(row: tuple[Any, ...]) -> Good:
    sku, name, characteristic, article, unit, weighed, vat, price, marking, plu, withdrawn = row
    return Good(
        sku=sku,
        name=name,
        characteristic=characteristic,
        article=article,
        unit=unit,
        weighed=bool(weighed),
        vat=vat,
        price=None if price is None else Decimal(price),
        marking=marking,
        plu=plu,
        withdrawn=bool(withdrawn),
    )


def _checks(ean13: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(ean13)) % 10 == 0
