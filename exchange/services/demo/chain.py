"""The whole chain in its order; see the package's docstring."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from exchange.choices import LoadKind
from exchange.models import RegisterLoad
from exchange.services import loads
from exchange.services.demo import (
    cards,
    goods,
    history,
    mobile,
    ordering,
    people,
    places,
    stocktaking,
    supply,
    tills,
    ukm5,
    watching,
)
from registers.models import Register
from retail.models import Organization
from retail.services import prices

FIRST_LOAD = "Первичная загрузка"
LAST_LOAD = "Новые цены"
DRAFT_LOAD = "Открытие магазина в Берёзовском"
OPENING = timedelta(days=9)


class Loaded(NamedTuple):
    """What a load has done: whether this database is the demonstration's, whether anything was made, new tokens."""

    demo: bool
    made: bool
    tokens: dict[int, str]


def load(*, now: datetime) -> Loaded:
    """Make the chain in an empty database, or finish one that was interrupted; any other database stays as it is.

    Runs outside a transaction, since posting and taking in are transactions of their own.
    """
    if not User.objects.exists() and not Organization.objects.exists():
        _make_reference(now)
    began = _began()
    if began is None:
        return Loaded(demo=False, made=False, tokens={})
    if RegisterLoad.objects.filter(posted_at=began).exists():
        return Loaded(demo=True, made=False, tokens={})
    wares = goods.wares(at=began)
    supply.stock_up(wares=wares, began=began)
    tokens = tills.pair(now=began - OPENING)
    _load_registers(FIRST_LOAD, LoadKind.FULL, at=began - OPENING + timedelta(hours=1))
    supply.sell_wholesale(wares=wares, began=began)
    stocktaking.move(wares=wares, began=began)
    history.make(wares=wares, began=began)
    cards.live(began=began)
    stocktaking.count(wares=wares, began=began)
    ordering.take_orders(wares=wares, began=began)
    ordering.hold(wares=wares, began=began)
    _load_registers(DRAFT_LOAD, LoadKind.FULL, at=began, only_new=True)
    _load_registers(LAST_LOAD, LoadKind.CHANGES, at=began)  # The last step: it says that the chain is whole.
    return Loaded(demo=True, made=True, tokens=tokens)


@transaction.atomic
def _make_reference(now: datetime) -> None:
    people.make(now=now)
    places.make()
    tills.make()
    ukm5.make()
    watching.make()
    mobile.make()
    goods.make(began=now)
    cards.make(began=now)
    prices.announce(now=now)


def _began() -> datetime | None:
    """Return the clock of the chain in this database, None if there is none."""
    if not Organization.objects.filter(inn=places.MAIN_INN).exists():
        return None
    return User.objects.filter(username=people.ADMINISTRATOR).values_list("date_joined", flat=True).first()


def _load_registers(comment: str, kind: LoadKind, *, at: datetime, only_new: bool = False) -> None:
    """Draft a register load, and post it unless it waits for new registers."""
    working = [till.number for till in tills.WORKING]
    speaking = Register.objects.filter(equipment=None)
    registers = speaking.exclude(number__in=working) if only_new else speaking
    load = RegisterLoad.objects.filter(comment=comment).first() or loads.draft(
        organization=Organization.objects.get(inn=places.MAIN_INN),
        kind=kind,
        date=timezone.localtime(at),
        comment=comment,
        registers=registers,
    )
    if load.is_draft and not only_new:
        loads.post(load=load, by=people.named(people.ADMINISTRATOR), now=at)
