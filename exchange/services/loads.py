"""Posting a «Загрузка ККМ»: telling registers to come for goods and stock, and seeing what they took.

A full load makes the register's earlier cursors too old, so its next question is answered "reload". Nothing is sent:
where a register stands is read from its status.
"""

from datetime import datetime
from typing import Literal

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from exchange.choices import LoadKind
from exchange.models import RegisterLoad, RegisterLoadLine
from registers.models import RegisterStatus
from retail.choices import DocumentState
from retail.exceptions import DomainError
from retail.models import Organization
from retail.services import numbering
from stock.services import wakeups

Progress = Literal["waiting", "sent", "acknowledged"]

STAMP_FULL_LOADS = """
    UPDATE exchange_registerloadline line
    SET sequence = CASE WHEN %(full)s THEN (
            SELECT coalesce(max(earlier.sequence), 0) + 1
            FROM exchange_registerloadline earlier
            WHERE earlier.register_id = line.register_id
        ) END,
        goods_revision = (SELECT revision FROM retail_catalogue),
        stock_revision = feed.revision
    FROM registers_register register
    JOIN stock_warehousefeed feed ON feed.warehouse_id = register.warehouse_id
    WHERE line.load_id = %(load)s AND register.id = line.register_id
"""


class LoadAlreadyPosted(DomainError):
    code = "load_already_posted"

    def __init__(self) -> None:
        super().__init__(_("This load is posted already."))


class NoRegisters(DomainError):
    code = "no_registers"

    def __init__(self) -> None:
        super().__init__(_("Choose the registers to load."))


def draft(*, organization: Organization, kind: LoadKind, date: datetime, comment: str = "") -> RegisterLoad:
    """Make a numbered draft without registers."""
    number = numbering.next_number(kind="register_load", organization=organization, date=date)
    return RegisterLoad.objects.create(organization=organization, kind=kind, date=date, comment=comment, number=number)


@transaction.atomic(durable=True)
def post(*, load: RegisterLoad, by: User, now: datetime) -> RegisterLoad:
    """Tell the load's registers. Raises `LoadAlreadyPosted`, `NoRegisters`.

    The registers' rows are locked in pk order, so that two loads posted at once number themselves one after another.
    """
    load = RegisterLoad.objects.select_for_update(of=("self",)).get(pk=load.pk)
    if not load.is_draft:
        raise LoadAlreadyPosted
    lines = RegisterLoadLine.objects.filter(load=load).select_related("register").order_by("register_id")
    registers = [line.register for line in lines.select_for_update(of=("register",), no_key=True)]
    if not registers:
        raise NoRegisters
    with connection.cursor() as cursor:
        cursor.execute(STAMP_FULL_LOADS, {"full": load.kind == LoadKind.FULL, "load": load.pk})
    load.state, load.posted_at, load.posted_by = DocumentState.POSTED, now, by
    load.save(update_fields=["state", "posted_at", "posted_by"])
    warehouses = sorted({register.warehouse_id for register in registers})
    transaction.on_commit(lambda: wakeups.announce(warehouses))
    return load


def progress(*, line: RegisterLoadLine, status: RegisterStatus | None) -> Progress:
    """Say how far a register has come since the load: nothing taken, all sent, or all acknowledged."""
    if status is None or line.goods_revision is None or line.stock_revision is None:
        return "waiting"
    if line.sequence is not None and status.load < line.sequence:
        return "waiting"
    if status.goods_acknowledged >= line.goods_revision and status.stock_acknowledged >= line.stock_revision:
        return "acknowledged"
    if status.goods_sent >= line.goods_revision and status.stock_sent >= line.stock_revision:
        return "sent"
    return "waiting"
