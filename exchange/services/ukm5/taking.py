"""Taking in what УКМ 5 tells, by push or by file: each document once, into the journal of the register it is of.

What cannot be understood stands on the error desk of its register; what names no till that anybody knows is kept word
for word until somebody says which register that is (`Ukm5Unclaimed`). So whatever came is recorded before the server is
told that it may forget it, and no document holds up another.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog

from exchange.models import Ukm5Store, Ukm5Till, Ukm5Unclaimed
from exchange.protocols.ukm5 import messages
from exchange.protocols.ukm5.messages import Address
from exchange.services.ukm5 import tills
from registers.messages import Entry
from stock.services import intake

PROTOCOL = "ukm5"
AT_ONCE = 500  # transactions of a register in one statement

_log = structlog.get_logger(__name__)


def take_in(
    *, documents: Iterable[bytes], within: Ukm5Store | None, now: datetime, named: Address | None = None
) -> set[int]:
    """Record documents, of the one store they may speak for (None: of any). Returns the registers they were of.

    `named` is whose they are where they do not say so themselves. Runs outside a transaction. Raises `intake.Busy`;
    what was recorded by then is known when all comes again.
    """
    of_tills: dict[int, list[Entry]] = {}
    known: dict[Address, Ukm5Till | None] = {}
    registers: dict[int, Ukm5Till] = {}
    for document in documents:
        address = messages.address(document)
        if named is not None and not any((address.store, *address.tills)):
            address = named
        if address not in known:
            known[address] = tills.find(store=address.store, numbers=address.tills, within=within)
        till = known[address]
        if till is None:
            _keep(document, address, within, now)
            continue
        registers[till.register_id] = till
        of_tills.setdefault(till.register_id, []).append(messages.read(document, till.register.shop.zone))
    for register_id, entries in of_tills.items():
        _take_in(registers[register_id], entries, now)
    return set(of_tills)


def take_in_unreadable(*, raw: bytes, till: Ukm5Till, now: datetime) -> None:
    """Record what nobody can read, of a till that is known otherwise, on its error desk. Raises `intake.Busy`."""
    _take_in(till, [messages.read(raw, till.register.shop.zone)], now)


def keep_unclaimed(*, raw: bytes, within: Ukm5Store | None, now: datetime) -> None:
    """Keep what says nothing of its till."""
    _keep(raw, messages.address(raw), within, now)


def claim(*, unclaimed: Sequence[int] | None = None, by_hand: bool = False, now: datetime) -> int:
    """Take in what waited for its till, where somebody has named it by now; of these rows or of all. Returns how many.

    What came by the secret or in the folder of another store than it names waits for a person, who takes it in
    `by_hand`. Raises `intake.Busy`.
    """
    waiting = Ukm5Unclaimed.objects.waiting().select_related("sender").order_by("pk")
    if unclaimed is not None:
        waiting = waiting.filter(pk__in=unclaimed)
    claimed = 0
    for one in waiting.iterator(chunk_size=AT_ONCE):
        address = messages.address(bytes(one.raw))
        till = tills.find(store=address.store, numbers=address.tills, within=None if by_hand else one.sender)
        if till is not None:
            _take_in(till, [messages.read(bytes(one.raw), till.register.shop.zone)], now)
            claimed += Ukm5Unclaimed.objects.waiting().filter(pk=one.pk).update(register=till.register, claimed_at=now)
    return claimed


def _take_in(till: Ukm5Till, entries: Sequence[Entry], now: datetime) -> None:
    for begin in range(0, len(entries), AT_ONCE):
        batch = entries[begin : begin + AT_ONCE]
        outcomes = intake.take_in(register=till.register, entries=batch, protocol=PROTOCOL, now=now)
        for outcome in outcomes:
            if outcome.status in ("conflict", "error_desk"):
                _log.warning("ukm5_waits_for_a_person", register=till.register.number, status=outcome.status)


def _keep(document: bytes, address: Address, sender: Ukm5Store | None, now: datetime) -> None:
    outer, inner = address.tills
    kept = Ukm5Unclaimed(
        store_code=_fit(address.store, 100),
        till_number=_fit(outer or inner, 50),
        sender=sender,
        raw=document,
        body_hash=hashlib.sha256(document).digest(),
        received_at=now,
    )
    Ukm5Unclaimed.objects.bulk_create([kept], ignore_conflicts=True)
    _log.warning("ukm5_till_not_known", store=kept.store_code, till=kept.till_number)


def _fit(name: str, limit: int) -> str:
    return name.replace("\x00", "")[:limit].encode(errors="replace").decode()
