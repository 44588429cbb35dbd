"""«Загрузка ККМ»: drafted by a person, then posted once, which tells its registers to come for goods and stock.

A full load makes the register's earlier cursors too old, so its next question is answered "reload"; one that waits in
the long poll is answered at once. Nothing is sent: where a register stands is read from its status.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.choices import LoadKind
from exchange.models import RegisterLoad, RegisterLoadLine
from registers.models import Register, RegisterStatus
from registers.models.registers import RegisterQuerySet
from retail.choices import DocumentState
from retail.exceptions import DomainError
from retail.models import Organization, Shop, Warehouse
from retail.services import numbering
from stock.services import wakeups

KIND = "register_load"
CHANNEL = "prilavok:loads"

_STAMP = """
    UPDATE exchange_registerloadline line
    SET sequence = CASE WHEN %(full)s THEN (
            SELECT coalesce(max(earlier.sequence), 0) + 1
            FROM exchange_registerloadline earlier
            WHERE earlier.register_id = line.register_id
        ) END,
        goods_revision = (SELECT revision FROM retail_catalogue),
        stock_revision = CASE WHEN (SELECT sync_stock FROM retail_constants) THEN feed.revision END
    FROM registers_register register
    JOIN stock_warehousefeed feed ON feed.warehouse_id = register.warehouse_id
    WHERE line.load_id = %(load)s AND register.id = line.register_id
"""


class LoadNotADraft(DomainError):
    code = "load_not_a_draft"

    def __init__(self) -> None:
        super().__init__(_("This load has been posted and is kept as it is: draft another."))


class LoadAlreadyPosted(DomainError):
    code = "load_already_posted"

    def __init__(self) -> None:
        super().__init__(_("This load is posted already."))


class NoRegisters(DomainError):
    code = "no_registers"

    def __init__(self) -> None:
        super().__init__(_("Choose the registers to load."))


@transaction.atomic
def draft(
    *,
    organization: Organization,
    kind: LoadKind,
    date: datetime,
    comment: str = "",
    registers: Iterable[Register] = (),
) -> RegisterLoad:
    """Draft a load of these registers."""
    load = RegisterLoad(organization=organization, kind=kind, date=date, comment=comment)
    return save_draft(load=load, registers=registers)


@transaction.atomic
def save_draft(*, load: RegisterLoad, registers: Iterable[Register]) -> RegisterLoad:
    """Save a draft and make these its registers, in place of those it had. A new one gets its number.

    Locks the load, so that it cannot be posted half-edited. Raises `LoadNotADraft`.
    """
    if load._state.adding:
        load.number = numbering.next_number(kind=KIND, organization=load.organization, date=load.date)
    else:
        _lock_draft(load)
    load.save()
    chosen = {register.pk for register in registers}
    kept = set(load.lines.filter(register__in=chosen).values_list("register_id", flat=True))
    load.lines.exclude(register__in=kept).delete()
    RegisterLoadLine.objects.bulk_create(RegisterLoadLine(load=load, register_id=pk) for pk in sorted(chosen - kept))
    return load


@transaction.atomic
def discard(*, load: RegisterLoad) -> None:
    """Delete a draft with its lines. Raises `LoadNotADraft`."""
    _lock_draft(load)
    load.delete()


@transaction.atomic(durable=True)
def post(*, load: RegisterLoad, by: User, now: datetime) -> RegisterLoad:
    """Tell the load's registers. Raises `LoadAlreadyPosted`, `NoRegisters`. Locks the load, then its registers."""
    locked = _lock(load)
    if not locked.is_draft:
        raise LoadAlreadyPosted
    registers = _lock_registers(load)
    if not registers:
        raise NoRegisters
    is_full = locked.kind == LoadKind.FULL
    _stamp(load, is_full=is_full)
    load.state, load.posted_at, load.posted_by = DocumentState.POSTED, now, by
    load.save(update_fields=["state", "posted_at", "posted_by"])
    if is_full:
        transaction.on_commit(partial(_forget_standings, registers), robust=True)
        transaction.on_commit(partial(announce, registers))
    return load


def announce(register_ids: Iterable[int]) -> None:
    """Wake these registers, if they wait: they are to load anew. Never raises for want of Redis."""
    wakeups.publish(CHANNEL, [{"register": register_id} for register_id in register_ids])


def active_registers(*, shops: Iterable[Shop] = (), warehouses: Iterable[Warehouse] = ()) -> RegisterQuerySet:
    """Return the active registers that stand in one of these shops or sell from one of these warehouses."""
    return Register.objects.active().filter(Q(shop__in=shops) | Q(warehouse__in=warehouses))


@transaction.atomic
def _forget_standings(register_ids: Iterable[int]) -> None:
    """Note that what these registers had taken counts nothing any more. Locks their statuses in the usual order."""
    statuses = RegisterStatus.objects.filter(register_id__in=register_ids).order_by("register_id")
    known = list(statuses.select_for_update(of=("self",)).values_list("pk", flat=True))
    RegisterStatus.objects.filter(pk__in=known).update(
        goods_sent=0, goods_acknowledged=0, stock_sent=0, stock_acknowledged=0
    )


def _lock(load: RegisterLoad) -> RegisterLoad:
    """Lock a load and return it as it now is."""
    return RegisterLoad.objects.select_for_update(of=("self",)).get(pk=load.pk)


def _lock_registers(load: RegisterLoad) -> list[int]:
    """Lock the rows of a load's registers and return their keys.

    In the order of keys, so that of two loads posted at once one waits for the other, and the numbers of full loads
    follow one another.
    """
    chosen = Register.objects.filter(loads__load=load).order_by("pk")
    return list(chosen.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def _stamp(load: RegisterLoad, *, is_full: bool) -> None:
    """Write down on the load's lines how far their registers are to come. Their registers are locked."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, {"full": is_full, "load": load.pk})


def _lock_draft(load: RegisterLoad) -> None:
    if not _lock(load).is_draft:
        raise LoadNotADraft
