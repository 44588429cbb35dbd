"""A server made of the contract alone: enough of it for a register to be proved against, and ways to misbehave."""

import asyncio
import json
import threading
from decimal import Decimal
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from virtual_register import checksum

TOKEN = "prk_of_the_first"
PAGE = 2
IMPATIENCE = 0.3  # seconds that a wait is really held


def good(sku, *, price="99.00", barcodes=(), **more):
    known = {"name": f"Good {sku}", "characteristic": "", "article": "", "group": None, "unit": "шт", "vat": "22"}
    flags = {"weighed": False, "marking": "", "plu": None, "withdrawn": False}
    return {"sku": sku, "price": price, "barcodes": list(barcodes), **known, **flags, **more}


class FakeServer:
    """`busy` answers are 503 before the next real one; `down` breaks connections; `lose_answers` acts, then breaks."""

    def __init__(self):
        self.goods = [
            good("10001", barcodes=["4600000000015"]),
            good("10002", barcodes=["4600000000022"], price="150.50"),
            good("10003", weighed=True, plu=7, unit="кг", price="200.00"),
        ]
        self.available = {"10001": Decimal("12.000"), "10002": Decimal("3.000"), "10003": Decimal("5.500")}
        self.revisions = {sku: place for place, sku in enumerate(self.available, start=1)}
        self.epoch = "e1"
        self.left_out = []
        self.tokens = {TOKEN: "Register 1", "prk_of_the_second": "Register 2"}
        self.codes = {"ABCD-EFGH": "prk_paired"}
        self.transactions = {}
        self.bodies = []
        self.calls = []
        self.busy = 0
        self.retry_after = "0"
        self.down = False
        self.lose_answers = 0
        self.stock_sync = True
        self.stock_control = "none"
        self.wait_url = "http://till.test"
        self.unknown_skus = set()
        self.first_number = 0
        self.changed = None
        self.holds = {}

    # What changes

    @property
    def revision(self):
        return max(self.revisions.values(), default=0)

    def set_available(self, sku, available):
        self.available[sku] = Decimal(available)
        self.revisions[sku] = self.revision + 1

    # How it is asked

    def transport(self):
        def handle(request):
            if self.down:
                raise httpx.ConnectError("Connection refused")
            status, headers, body = self.answer(request.method, str(request.url), request.headers, request.content)
            if self.lose_answers:
                self.lose_answers -= 1
                raise httpx.ReadError("Connection reset")
            return httpx.Response(status, headers=headers, content=body)

        return httpx.MockTransport(handle)

    def answer(self, method, url, headers, body):
        parts = urlsplit(url)
        path = parts.path.removeprefix("/kkm/v1/")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.calls.append((method, path, query))
        if self.busy:
            self.busy -= 1
            return self._error(503, "busy", "Later.", {"Retry-After": self.retry_after})
        if (method, path) == ("POST", "pair"):
            return self._pair(json.loads(body))
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return self._error(401, "unknown_token", "This token is not known: pair the register again.")
        if path.startswith("stock") or path == "wait":
            return self._stock(path, query)
        if path == "settings":
            return self._ok(self._settings())
        if path == "token/rotate":
            self.tokens["prk_rotated"] = "Register 1"
            return self._ok({"token": "prk_rotated"})
        if path == "goods":
            return self._goods(query.get("cursor"))
        if (method, path) == ("POST", "transactions"):
            return self._transactions(json.loads(body)["transactions"])
        if (method, path) == ("POST", "uploads"):
            return self._ok({"mode": "receipt"})
        if path.startswith("reservations/"):
            return self._reservation(method, path.split("/")[1:], body)
        return self._error(404, "not_found", "There is no such address.")

    def _reservation(self, method, names, body):
        """Hold and let go; what is available is less what is held."""
        uid, line = names[0], names[2] if len(names) > 1 else None
        if method == "DELETE":
            self._let_go(uid, line)
            return self._ok({"receipt": uid, "state": "released", "lines": [], "expires_at": None})
        if self.stock_control != "external":
            return self._error(409, "stock_control_not_external", "It asks nobody and sells.")
        asked = json.loads(body)
        lines = {line: asked} if line else {str(one["line"]): one for one in asked["lines"]}
        before = dict(self.holds.get(uid, {}))
        self._let_go(uid, line)
        for number, one in lines.items():
            sku, many = one["sku"], Decimal(one["quantity"])
            if many > self.available[sku]:
                self._let_go(uid)
                for held in before.values():
                    self.set_available(held[0], self.available[held[0]] - held[1])
                self.holds[uid] = before
                return self._error(409, "not_enough", f"{sku}: {many} asked, {self.available[sku]} free.")
            self.holds.setdefault(uid, {})[number] = (sku, many)
            self.set_available(sku, self.available[sku] - many)
        left = str(self.available[asked["sku"]]) if line else None
        return self._ok({"granted": True, "available": left, "expires_at": "2026-11-20T10:30:00Z"})

    def _let_go(self, uid, line=None):
        held = self.holds.get(uid, {})
        for number in [line] if line else list(held):
            if number in held:
                sku, many = held.pop(number)
                self.set_available(sku, self.available[sku] + many)

    def _settings(self):
        shop = {"id": 1, "name": "Shop"}
        return {
            "organization": shop,
            "shop": shop,
            "warehouse": {"id": 1, "name": "Warehouse"},
            "stock_control": self.stock_control,
            "weighed_prefixes": ["20"],
            "wait_url": self.wait_url,
        }

    def _pair(self, asked):
        token = self.codes.pop(asked["code"], None)
        if token is None:
            return self._error(400, "pairing_code_used", "This pairing code has been used already.")
        self.tokens[token] = "Register 7"
        register = {"id": 7, "number": 7, "name": "Till 7"}
        return self._ok({"token": token, "register": register, "settings": self._settings()}, status=201)

    def _goods(self, cursor):
        if cursor is not None and not cursor.startswith(f"g.{self.epoch}."):
            return self._error(410, "reload_required", "Load everything again.")
        first = int(cursor.rpartition(".")[2]) if cursor else 0
        page = self.goods[first : first + PAGE]
        more = first + PAGE < len(self.goods)
        return self._ok({"goods": page, "groups": [], "cursor": f"g.{self.epoch}.{first + len(page)}", "more": more})

    def _stock(self, path, query):
        if not self.stock_sync:
            return self._error(409, "stock_sync_disabled", "Off.")
        if path == "stock/checksum":
            view = self.available.items()
            count, sums = checksum.compute(view, self.left_out)
            cursor = f"s.{self.epoch}.{self.revision}"
            known = {"cursor": cursor, "revision": self.revision, "count": count, "checksum": sums}
            return self._ok({**known, "except": self.left_out})
        if path.startswith("stock/"):
            return self._price(unquote(path.removeprefix("stock/")))
        cursor = query.get("cursor")
        if cursor is not None and not cursor.startswith(f"s.{self.epoch}."):
            return self._error(410, "reload_required", "Load everything again.")
        after = int(cursor.rpartition(".")[2]) if cursor else 0
        rows = sorted((revision, sku) for sku, revision in self.revisions.items() if revision > after)
        if path == "wait" and not rows:
            return 204, {}, b""
        packet = rows[:PAGE]
        changes = [
            {"sku": sku, "name": f"Good {sku}", "available": str(self.available[sku]), "revision": revision}
            for revision, sku in packet
        ]
        last = packet[-1][0] if packet else after
        return self._ok({"changes": changes, "cursor": f"s.{self.epoch}.{last}", "more": len(rows) > PAGE})

    def _price(self, code):
        for one in self.goods:
            if code in {one["sku"], *one["barcodes"]}:
                left = str(self.available[one["sku"]])
                return self._ok({"sku": one["sku"], "name": one["name"], "price": one["price"], "available": left})
        return self._error(404, "unknown_sku", f"Nothing is known under “{code}”.")

    def _transactions(self, batch):
        results = [self._take_in(transaction) for transaction in batch]
        numbers = [known["number"] for known in self.transactions.values()]
        if self.changed is not None:
            self.changed.set()
        return self._ok({"results": results, "last_number": max(numbers, default=self.first_number)})

    def _take_in(self, transaction):
        number, uid = transaction["number"], transaction["uid"]
        self.bodies.append(transaction)
        if uid in self.transactions:
            status = "duplicate" if self.transactions[uid] == transaction else "conflict"
            return {"number": number, "status": status, "problem": None}
        self.transactions[uid] = transaction
        self._let_go(transaction.get("receipt", {}).get("uid"))
        sign = {"sale": -1, "return": 1}.get(transaction["kind"], 0)
        problem = None
        for line in transaction.get("receipt", {}).get("lines", []) if sign else []:
            if line["sku"] in self.unknown_skus:
                problem = {"code": "unknown_sku", "detail": f"Line {line['line']}: SKU {line['sku']} is not known."}
            else:
                self.set_available(line["sku"], self.available.get(line["sku"], 0) + sign * Decimal(line["quantity"]))
        return {"number": number, "status": "error_desk" if problem else "accepted", "problem": problem}

    def _ok(self, content, status=200):
        return status, {"Content-Type": "application/json"}, json.dumps(content).encode()

    def _error(self, status, code, detail, headers=None):
        errors = [{"code": code, "detail": detail, "attr": None}]
        body = json.dumps({"type": "client_error", "errors": errors}).encode()
        return status, {"Content-Type": "application/json", **(headers or {})}, body


class Listening:
    """The fake behind a real socket, in a thread of its own, with a long poll that really waits."""

    def __init__(self, fake):
        self.fake = fake
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(5)
        self.fake.wait_url = self.url
        return self

    def __exit__(self, *_error):
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(5)

    def wake(self):
        """Say that something changed to whoever waits."""
        self._loop.call_soon_threadsafe(self.fake.changed.set)

    async def _serve(self):
        self._loop, self._ended, self.fake.changed = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._tasks = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._ended.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.close()

    async def _answer(self, head, reader, writer):
        first, *lines = head.split("\r\n")[:-2]
        method, target, _version = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        status, answered, content = self.fake.answer(method, target, headers, body)
        if status == 204:
            self.fake.changed.clear()
            seconds = float(parse_qs(urlsplit(target).query)["timeout"][0])
            try:
                await asyncio.wait_for(self.fake.changed.wait(), min(seconds, IMPATIENCE))
            except TimeoutError:
                pass
            else:
                status, answered, content = self.fake.answer(method, target, headers, body)
        answered = {**answered, "Content-Length": str(len(content))}
        fields = "".join(f"{name}: {value}\r\n" for name, value in answered.items() if status != 204)
        writer.write(f"HTTP/1.1 {status} OK\r\n{fields}\r\n".encode() + content)
        await writer.drain()
