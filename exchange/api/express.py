"""The express till: what registers ask all day, answered before a frame is built around it.

A poll of stock, an upload of receipts and the question whether a line may be sold cost less in the database than in
the machinery that a request of any kind passes on its way to a view. So `config.express` brings them here first. What
is answered here is what the views would answer, by the same services, with the token looked up in the same statement
that does the work (docs/adr/0010).

Only success is answered here. Whatever is unusual is handed on to the views by returning None: an odd address, a
token that is not simply good, a body that is no batch, a refusal of any kind. So there is one place that says no.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.utils import timezone

from billing.services import operations, records
from exchange.api import cards, transactions
from exchange.api import reservations as reserving
from exchange.api.base import encode
from exchange.api.goods import stock_progress
from exchange.api.throttles import CardThrottle, ReadThrottle, ReserveThrottle, UploadThrottle, missed_cards
from exchange.services import presence, stock_feed
from stock.services import intake, reservations

LARGEST_BODY = 64 * 1024  # A longer one is not read before it is known who sends it.
_QUERY = re.compile(r"(?:cursor=(?P<cursor>[\w.-]+))?", re.ASCII)
_CARD = re.compile(r"/kkm/v1/cards/([!-.0-~]{1,64})(/operations)?", re.ASCII)
_RESERVATION = re.compile(r"/kkm/v1/reservations/([!-.0-~]{1,64})(?:/lines/([1-9][0-9]{0,8}))?", re.ASCII)


class Asked(NamedTuple):
    """A request as far as the express till looks at it; `digest` is that of the token it was signed with."""

    digest: str
    query: str
    body: bytes
    address: str | None
    agent: str | None
    monotonic: float


class Answered(NamedTuple):
    """A whole answer: 200 and this JSON; `register` is the number of the register that asked."""

    register: int
    content: bytes


def stock(asked: Asked) -> Answered | None:
    """Answer `GET stock`, or None to leave it to `StockView`."""
    found = _QUERY.fullmatch(asked.query)
    if found is None or ReadThrottle.buckets.take(asked.digest, at=asked.monotonic):
        return None
    cursor = found["cursor"]
    read = stock_feed.read_for_token(digest=asked.digest, cursor=cursor)
    if read is None:
        return None
    asker, packet = read
    presence.note(
        register_id=asker.register,
        now=timezone.now(),
        address=asked.address,
        agent=asked.agent,
        **stock_progress(cursor, packet.cursor),
    )
    return Answered(asker.number, encode(packet))


def upload(asked: Asked) -> Answered | None:
    """Answer `POST transactions`, or None to leave it to `TransactionsView`."""
    if UploadThrottle.buckets.take(asked.digest, at=asked.monotonic):
        return None
    now = timezone.now()
    entries = transactions.entries_of(asked.body)
    taken = intake.take_in_for_token(digest=asked.digest, entries=entries, protocol=transactions.PROTOCOL, now=now)
    if taken is None:
        return None
    sender, outcomes = taken
    records.after_upload(register_id=sender.register, records=transactions.billing_of(entries), now=now)
    last_number = transactions.last_number(outcomes, register_id=sender.register)
    presence.note(
        register_id=sender.register,
        now=now,
        address=asked.address,
        agent=asked.agent,
        last_transaction_number=last_number,
    )
    return Answered(sender.number, encode(transactions.results_of(outcomes, last_number)))


def reserve_line(asked: Asked, *, receipt: str, line: int) -> Answered | None:
    """Answer `PUT reservations/{receipt}/lines/{line}`, or None to leave it to `ReservationLineView`."""
    reserved = _reserve(asked, receipt, [reserving.wanted_of(asked.body, line)], whole=False)
    return reserved and Answered(reserved[0].number, encode(reserving.line_granted(reserved[1])))


def reserve(asked: Asked, *, receipt: str) -> Answered | None:
    """Answer `PUT reservations/{receipt}`, or None to leave it to `ReservationView`."""
    reserved = _reserve(asked, receipt, reserving.lines_of(asked.body), whole=True)
    return reserved and Answered(reserved[0].number, encode(reserving.granted_whole(reserved[1])))


def _reserve(
    asked: Asked, receipt: str, lines: Sequence[reservations.Wanted], *, whole: bool
) -> tuple[reservations.Asker, reservations.Granted] | None:
    if ReserveThrottle.buckets.take(asked.digest, at=asked.monotonic):
        return None
    reserved = reservations.place_for_token(digest=asked.digest, receipt_uid=receipt, lines=lines, whole=whole)
    if reserved is not None:
        presence.note(register_id=reserved[0].register, now=timezone.now(), address=asked.address, agent=asked.agent)
    return reserved


def card(asked: Asked, *, number: str) -> Answered | None:
    """Answer `GET cards/{number}`, or None to leave it to `CardView`."""
    now = timezone.now()
    if asked.query or _too_many_cards(asked):
        return None
    told = operations.state_for_token(digest=asked.digest, card=number, now=now)
    return told and _of_card(asked, told[0], told[1])


def operate(asked: Asked, *, number: str) -> Answered | None:
    """Answer `POST cards/{number}/operations`, or None to leave it to `OperationsView`."""
    now = timezone.now()
    if _too_many_cards(asked):
        return None
    applied = operations.apply_for_token(digest=asked.digest, wanted=cards.wanted_of(asked.body, number), now=now)
    return applied and _of_card(asked, applied[0], applied[1].as_dict())


def _too_many_cards(asked: Asked) -> bool:
    missed = missed_cards.wait(asked.digest, at=asked.monotonic)
    return bool(missed or CardThrottle.buckets.take(asked.digest, at=asked.monotonic))


def _of_card(asked: Asked, asker: operations.Asker, content: dict[str, Any]) -> Answered:
    presence.note(register_id=asker.register, now=timezone.now(), address=asked.address, agent=asked.agent)
    return Answered(asker.number, encode(content))


class Call(NamedTuple):
    """A call that is answered here: the route it is counted under, which is that of its view, and who answers it."""

    route: str
    answer: Callable[[Asked], Answered | None]


_CALLS = {
    ("GET", "/kkm/v1/stock"): Call("kkm/v1/stock", stock),
    ("POST", "/kkm/v1/transactions"): Call("kkm/v1/transactions", upload),
}


def call_of(method: str, path: str) -> Call | None:
    """Return what a request asks for, or None of what the views alone answer."""
    if method in ("GET", "POST") and path.startswith("/kkm/v1/cards/"):
        return _card_call(method, path)
    if method != "PUT":
        return _CALLS.get((method, path))
    named = _RESERVATION.fullmatch(path)
    if named is None:
        return None
    receipt, line = named.groups()
    if line is None:
        return Call("kkm/v1/reservations/<str:receipt>", partial(reserve, receipt=receipt))
    route = "kkm/v1/reservations/<str:receipt>/lines/<int:line>"
    return Call(route, partial(reserve_line, receipt=receipt, line=int(line)))


def _card_call(method: str, path: str) -> Call | None:
    named = _CARD.fullmatch(path)
    if named is None:
        return None
    number, operations_of = named.groups()
    if method == "GET" and not operations_of:
        return Call("kkm/v1/cards/<str:number>", partial(card, number=number))
    if method == "POST" and operations_of:
        return Call("kkm/v1/cards/<str:number>/operations", partial(operate, number=number))
    return None
