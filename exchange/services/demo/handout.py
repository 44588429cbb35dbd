"""var/demo.json: the addresses, logins, tokens, SKUs and cards by which scripts and integrators get in.

Tokens are kept as hashes alone, so the file that told of one is its only memory: a token that still works is told
again, and only one that nobody could tell any more is replaced. A replacement waits beside the token in use, so a
device that was paired meanwhile goes on until somebody uses what the file says.
"""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from billing.choices import CardStatus, NumberKind
from billing.models import CardNumber
from exchange.services.demo import people, ukm5
from exchange.services.demo.tills import WORKING
from registers.models import Register, RegisterToken
from registers.services import tokens
from retail.choices import ItemKind
from retail.models import Sku

SKUS = CARDS = 100


def write(
    *, path: Path, url: str, wait_url: str, fresh: Mapping[int, str], demo: bool, now: datetime
) -> dict[str, Any]:
    """Write the file whole, for its owner alone, and return what it says.

    `fresh` are tokens just made, by register's number. Of a database that is not the demonstration's (`demo`) nothing
    is replaced, and only the tokens of the file that still work are told.
    """
    content = {
        "url": url,
        "wait_url": wait_url,
        "logins": list(_logins()) if demo else [],
        "registers": list(_registers({**_held(path), **fresh}, demo=demo, now=now)),
        "ukm5": ukm5.handout(url=url) if demo else None,
        "skus": list(_skus()),
        "cards": [{"number": number} for number in _cards()] if demo else [],
    }
    _replace(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return content


def _logins() -> Iterator[dict[str, str]]:
    active = set(User.objects.filter(is_active=True).values_list("username", flat=True))
    for person in people.PEOPLE:
        if person.username in active:
            yield {"username": person.username, "password": people.PASSWORD, "role": person.title}


def _registers(held: Mapping[int, str], *, demo: bool, now: datetime) -> Iterator[dict[str, Any]]:
    numbers = {till.number for till in WORKING} if demo else set(held)
    known = Register.objects.active().filter(number__in=numbers).select_related("warehouse").order_by("number")
    for register in known:
        token = _working(register, held.get(register.number, ""))
        if token is None and demo:
            token = _replacement(register, now)
        if token:
            yield {
                "number": register.number,
                "name": register.name,
                "warehouse": register.warehouse.name,
                "stock_control": register.stock_control,
                "token": token,
            }


def _working(register: Register, token: str) -> str | None:
    live = RegisterToken.objects.live().filter(register=register, digest=tokens.digest(token))
    return token if live.exists() else None


def _replacement(register: Register, now: datetime) -> str | None:
    """Give a register a token that can be told; None where a person has shut it out."""
    known = RegisterToken.objects.filter(register=register)
    if known.live().exclude(first_used_at=None).exists():
        return tokens.rotate(register=register, now=now)
    last = known.order_by("-pk").first()
    if last is not None and last.revoked_by_id is not None:
        return None
    return tokens.create(register=register, now=now)


def _skus() -> Iterator[dict[str, str]]:
    """Yield what any script may sell: by the piece, without marks, and none of it withdrawn."""
    known = Sku.objects.filter(
        withdrawn=False,
        pack=None,
        barcodes__isnull=False,
        item__withdrawn=False,
        item__weighed=False,
        item__kind=ItemKind.GOODS,
        item__marking="",
    )
    seen: set[str] = set()
    rows = known.order_by("pk", "barcodes__pk").values_list("code", "barcodes__value")
    for code, barcode in rows[: 2 * SKUS]:
        if code not in seen and len(seen) < SKUS:
            seen.add(code)
            yield {"sku": code, "barcode": barcode}


def _cards() -> list[str]:
    """Return numbers of cards that may be used."""
    known = CardNumber.objects.filter(card__status=CardStatus.ACTIVE, kind=NumberKind.BARCODE)
    return list(known.order_by("pk").values_list("value", flat=True)[:CARDS])


def _held(path: Path) -> dict[int, str]:
    """Return the tokens the file told of, by register's number; a file that says nothing sensible told of none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {int(row["number"]): str(row["token"]) for row in told["registers"]}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
