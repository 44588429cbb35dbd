"""Registers with bad links: they sell without a pause, repeat until they are answered, and write down what they did.

What happened at the till has happened: a till counts goods as sold when it has made the receipt, whatever the server
says and when. Of a hundred receipts ten lose the answer (the till hangs up before it comes), five are sent twice at
once, five come after the next one. Every third is held line by line before it is paid; a tenth of those is given up.
"""

import contextlib
import http.client
import json
import random
import socket
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

LOST, DOUBLED, LATE, HELD, GIVEN_UP = 0.10, 0.05, 0.05, 0.33, 0.10
PATIENCE = 180.0
PAUSE = 0.2
GOOD = {"accepted", "duplicate"}


class Till(threading.Thread):
    """`acknowledged`: when the sale of a uid was first sent, by uid; `sold`: pieces by SKU; `wrong`: what no till may
    meet."""

    def __init__(self, known: dict[str, Any], *, port: int, skus: list[dict[str, Any]], seed: int) -> None:
        super().__init__(name=f"till {known['number']}", daemon=True)
        self.number, self.warehouse = int(known["number"]), str(known["warehouse"])
        self.acknowledged: dict[str, float] = {}
        self.sold: Counter[str] = Counter()
        self.misfortunes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.ending = threading.Event()
        self._token, self._port, self._skus = known["token"], port, skus
        self._random = random.Random(f"{seed} {self.number}")
        self._last = self._shift = time.time_ns() // 1_000_000
        self._kept_back: tuple[str, bytes] | None = None

    def run(self) -> None:
        """Sell until the end is called; then hand over what is left and close the shift."""
        try:
            self._hand_over(*self._transaction("shift_open"))
            while not self.ending.is_set():
                self._sell()
                time.sleep(0.02)
            self._hand_over_late()
        except Exception as error:
            self.wrong.append(f"{self.name}: {type(error).__name__}: {error}")

    def sent_since(self, moment: float) -> bool:
        """Tell whether something that was first sent after a moment has been acknowledged."""
        return any(began >= moment for began in list(self.acknowledged.values())[-50:])

    def _sell(self) -> None:
        receipt = str(uuid.UUID(int=self._random.getrandbits(128)))
        goods = self._random.sample(self._skus, 3)
        held = self._random.random() < HELD
        if held:
            self._hold(receipt, goods)
        if held and self._random.random() < GIVEN_UP:
            self._give_up(receipt)
            return
        lines = [_line(place, good) for place, good in enumerate(goods, start=1)]
        total = str(sum((Decimal(line["amount"]) for line in lines), Decimal("0.00")))
        body = {"uid": receipt, "number": self._last - self._shift + 1, "cashier": "1", "total": total, "lines": lines}
        paid = {**body, "payments": [{"kind": "cash", "amount": total}]}
        made = self._transaction("sale", receipt=paid)
        self.sold.update(good["sku"] for good in goods)
        if self._kept_back is None and self._random.random() < LATE:
            self.misfortunes["late"] += 1
            self._kept_back = made
            return
        self._hand_over(*made)
        self._hand_over_late()

    def _hand_over_late(self) -> None:
        if self._kept_back is not None:
            kept_back, self._kept_back = self._kept_back, None
            self._hand_over(*kept_back)

    def _hand_over(self, uid: str, body: bytes) -> None:
        """Send a transaction until it is acknowledged, by an answer that any repeat may get."""
        began = time.monotonic()
        chance = self._random.random()
        if chance < LOST:
            self._lose("POST", "transactions", body)
        elif chance < LOST + DOUBLED:
            self.misfortunes["doubled"] += 1
            other = threading.Thread(target=self._call, args=("POST", "transactions", body), daemon=True)
            other.start()
        while True:
            status, answer = self._call("POST", "transactions", body)
            if status == 200:
                [result] = answer["results"]
                if result["status"] not in GOOD:
                    self.wrong.append(f"{self.name}: {uid} was answered {result}")
                self.acknowledged[uid] = began
                return
            if status not in {0, 500, 502, 503, 504, 429}:
                raise RuntimeError(f"{status} {answer}")
            if status == 500:
                self.wrong.append(f"{self.name}: HTTP 500: {answer}")
            if time.monotonic() - began > PATIENCE:
                raise RuntimeError(f"not acknowledged within {PATIENCE:.0f} s")
            time.sleep(PAUSE)

    def _hold(self, receipt: str, goods: list[dict[str, Any]]) -> None:
        """Ask for every line once; a till that hears nothing sells unasked."""
        for place, good in enumerate(goods, start=1):
            body = json.dumps({"sku": good["sku"], "quantity": "1.000"}).encode()
            path = f"reservations/{receipt}/lines/{place}"
            if self._random.random() < LOST:
                self._lose("PUT", path, body)
            else:
                self._call("PUT", path, body)

    def _give_up(self, receipt: str) -> None:
        self.misfortunes["given up"] += 1
        until = time.monotonic() + PATIENCE
        while self._call("DELETE", f"reservations/{receipt}")[0] not in {200, 204, 404}:
            if time.monotonic() > until:
                raise RuntimeError(f"reservation {receipt} could not be given up")
            time.sleep(PAUSE)

    def _transaction(self, kind: str, **more: Any) -> tuple[str, bytes]:
        self._last += 1
        uid = str(uuid.UUID(int=self._random.getrandbits(128)))
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        told = {"number": self._last, "occurred_at": moment, "uid": uid, "kind": kind, "shift": self._shift, **more}
        return uid, json.dumps({"transactions": [told]}).encode()

    def _lose(self, method: str, path: str, body: bytes) -> None:
        """Send and hang up before the answer: whether it was heard is not known."""
        self.misfortunes["answer lost"] += 1
        head = (
            f"{method} /kkm/v1/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=5) as link:
            link.sendall(head.encode() + body)
            time.sleep(self._random.random() * 0.02)

    def _call(self, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
        """Return the status and the answer; 0 where there was none."""
        return call(self._port, self._token, method, path, body, counting=self.misfortunes)


def call(
    port: int, token: str, method: str, path: str, body: bytes = b"", *, counting: Counter[str] | None = None
) -> tuple[int, Any]:
    """Make one call of a register; status 0 where no answer came."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        asking.request(method, f"/kkm/v1/{path}", body or None, headers)
        answer = asking.getresponse()
        said = answer.read()
        status, told = answer.status, json.loads(said) if said else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        status, told = 0, type(error).__name__
    finally:
        asking.close()
    if counting is not None and (status == 0 or status >= 500):
        counting[f"HTTP {status}" if status else str(told)] += 1
    return status, told


def _line(place: int, good: dict[str, Any]) -> dict[str, Any]:
    price = good["price"]
    return {
        "line": place,
        "sku": good["sku"],
        "barcode": "",
        "quantity": "1.000",
        "price": price,
        "discount": "0.00",
        "amount": price,
        "vat": good["vat"],
        "marks": [],
    }


class Listener(threading.Thread):
    """A register that only listens: what it believes is left must be true in the end, whatever broke meanwhile."""

    def __init__(self, known: dict[str, Any], *, port: int) -> None:
        super().__init__(name=f"listener {known['number']}", daemon=True)
        self.warehouse = str(known["warehouse"])
        self.left: dict[str, Decimal] = {}
        self.reloads = 0
        self.ending = threading.Event()
        self._token, self._port, self._cursor = known["token"], port, ""

    def run(self) -> None:
        while not self.ending.is_set():
            if not self.hear():
                time.sleep(0.3)

    def hear(self) -> bool:
        """Take a packet; tell whether more waits."""
        asked = f"stock?cursor={self._cursor}" if self._cursor else "stock"
        status, packet = call(self._port, self._token, "GET", asked)
        if status == 410:
            self._cursor, self.left, self.reloads = "", {}, self.reloads + 1
            return True
        if status != 200:
            return False
        self.left.update((row["sku"], Decimal(row["available"])) for row in packet["changes"])
        self._cursor = packet["cursor"]
        return bool(packet["more"])
