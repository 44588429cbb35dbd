"""Price lists: asked for, built, handed out in packages, and known to have been got (docs/adr/0022).

The protocol has no word for "I have got it", so it is told by what a device does next. Asking for the next package says
that the one before came. What a device does only once it is done with goods, asking for orders or posting a document
soon after, says that the last one came. A device that does neither is taken to have got a list when a later one, which
held all of it anew, has been handed out to its end as well. Until then, a new list begins where the device is known to
stand: data is absolute, so what is told again does no harm.

Whatever moves a device locks the row of its state.
"""

from datetime import datetime, timedelta

import msgspec
import structlog
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from exchange.choices import TransferState
from exchange.models import DeviceState, Equipment, PricePart, PriceTransfer, RegisterLoadLine
from exchange.models.transfers import PriceTransferQuerySet
from exchange.protocols.equipment_service import answers, schemas
from exchange.services import presence
from exchange.services.equipment_service import building, devices
from exchange.services.rules import positions
from exchange.services.rules.positions import Position
from retail.exceptions import DomainError

FRESH = timedelta(minutes=10)  # An unsent list as old as this is built anew; a session of a device is no longer.
STUCK = timedelta(minutes=15)  # Whoever began to build it is dead.
KEPT = timedelta(days=7)
SUPERSEDED = _("the device has asked for another one since")

_log = structlog.get_logger(__name__)


class NotBuilt(DomainError):
    """The price list could not be built; why stands in the exchange log and in the words."""

    code = "equipment_list_not_built"

    def __init__(self, why: str) -> None:
        super().__init__(_("The price list could not be built: %(why)s") % {"why": why})


class Handed(msgspec.Struct, frozen=True):
    """A package as it goes out, or that there is none: then `number` is 0."""

    document: str
    number: int
    total: int
    goods: int


@transaction.atomic
def prepare(*, equipment: Equipment, full: bool, now: datetime) -> tuple[PriceTransfer, bool]:
    """Return the list that a device is to fetch, and whether it is to be built first.

    One that was asked for just now, and of which nothing has been fetched, is the same one. Raises `NotSetUp`.
    """
    state = _lock(equipment)
    unsent = PriceTransfer.objects.filter(
        equipment=equipment,
        whole=False,
        delivered=0,
        format_version=equipment.format_version,
        created_at__gt=now - FRESH,
        state__in=[TransferState.NEW, TransferState.BUILDING, TransferState.READY],
    )
    earlier = unsent.order_by("-pk").first()
    if earlier and (earlier.full or not full) and not _is_superseded(earlier) and _still_true(earlier, equipment):
        return earlier, False
    return _begin(equipment, state, full=full, whole=False, now=now), True


def whole_list(*, equipment: Equipment, now: datetime) -> tuple[str, int]:
    """Build what `GetPriceList` answers, and return it with how many goods are in it. Raises `NotSetUp`, `NotBuilt`."""
    with transaction.atomic():
        made = _begin(equipment, _lock(equipment), full=False, whole=True, now=now)
    build(transfer_id=made.pk, now=now)
    made.refresh_from_db()
    if made.state != TransferState.READY:
        raise NotBuilt(made.error)
    with transaction.atomic():
        _lock(equipment)
        if _is_superseded(made):  # Its packages are gone, and an empty list would be taken for one that holds nothing.
            raise NotBuilt(str(SUPERSEDED))
        inner = "".join(building.package_contents(made, 1))
        _answered(made, 1, now)
    return building.price_list(inner, devices.format_of(equipment), full=made.full), made.goods


def build(*, transfer_id: int, now: datetime) -> bool:
    """Build a list that nobody has begun, and say whether this call did. What goes wrong is kept with it."""
    waiting = PriceTransfer.objects.filter(pk=transfer_id, state=TransferState.NEW)
    if not waiting.update(state=TransferState.BUILDING, claimed_at=now):
        return False  # Another worker got there first.
    transfer = PriceTransfer.objects.select_related("equipment__rule__warehouse").get(pk=transfer_id)
    after = _position(transfer.position)
    if _is_superseded(transfer):
        PriceTransfer.objects.filter(pk=transfer_id).update(state=TransferState.FAILED, error=str(SUPERSEDED))
        return False
    mine = PriceTransfer.objects.filter(pk=transfer_id, state=TransferState.BUILDING, claimed_at=now)
    try:
        devices.check_rule(transfer.equipment)
        rule = transfer.equipment.rule
        assert rule is not None
        current = positions.now(rule=rule)
        if not positions.fits(after, current=current):
            after = None
        with transaction.atomic():
            total, goods = building.build(transfer=transfer, after=after, now=now)
            mine.update(
                state=TransferState.READY,
                position=msgspec.structs.asdict(current),
                full=after is None,
                total=total,
                goods=goods,
                built_at=now,
            )
    except (schemas.Mismatch, DomainError) as error:
        mine.update(state=TransferState.FAILED, error=str(error)[:2000])
        _log.warning("equipment_list_not_built", transfer=transfer.uid, why=str(error))
    except Exception as error:
        mine.update(state=TransferState.FAILED, error=str(_("trouble of the server's own")))
        _log.exception("equipment_list_failed", transfer=transfer.uid, error=type(error).__name__)
    return True


def due(*, now: datetime) -> list[int]:
    """Return the lists that wait to be built, those among them whose builder died put back."""
    stuck = PriceTransfer.objects.filter(state=TransferState.BUILDING, claimed_at__lt=now - STUCK)
    stuck.update(state=TransferState.NEW, claimed_at=None)
    waiting = PriceTransfer.objects.filter(state=TransferState.NEW, whole=False)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def hand_out(*, equipment: Equipment, uid: str, restart: bool, now: datetime) -> Handed:
    """Return the next package of a list; its last one once more to a device that asks again. Raises `NotBuilt`.

    Nothing there yet, a list that nobody knows, or one that has been told to its end: a package that is not formed.
    """
    _lock(equipment)
    known = devices.format_of(equipment)
    found = PriceTransfer.objects.select_for_update(of=("self",)).filter(equipment=equipment, uid=uid).first()
    if found is None or _is_superseded(found):
        return Handed(answers.not_formed(known), 0, 0, 0)
    if found.state == TransferState.FAILED:
        raise NotBuilt(found.error)
    if found.state != TransferState.READY or found.whole or found.confirmed_at is not None:
        return Handed(answers.not_formed(known), 0, 0, 0)
    if restart:
        found.delivered, found.answered_at, found.told_twice = 0, None, False
    again = found.delivered == found.total
    if again and found.told_twice:
        return Handed(answers.not_formed(known), 0, 0, 0)
    number = found.total if again else found.delivered + 1
    found.told_twice = again
    _answered(found, number, now)
    inner = "".join(building.package_contents(found, number))
    document = building.price_list(inner, known, full=found.full, number=number, total=found.total)
    return Handed(answers.package(document, known, number=number, total=found.total), number, found.total, found.goods)


@transaction.atomic
def confirm(*, equipment: Equipment, now: datetime, surely: bool = False) -> PriceTransfer | None:
    """Take over that a device has got its last list: it does what comes after goods. Returns the list, if it was so.

    `surely` where it has said so itself, however long ago the list was answered.
    """
    _lock(equipment)
    last = _answered_lists(equipment).order_by("-pk").first()
    if last is None or last.answered_at is None or (last.answered_at < now - FRESH and not surely):
        return None
    if _is_superseded(last):
        return None  # It has asked anew since, so perhaps it has not got that one.
    _confirm(last, now)
    return last


@transaction.atomic
def settings_sent(*, equipment: Equipment, now: datetime) -> None:
    """Note that a device has been told its settings."""
    _lock(equipment)
    DeviceState.objects.filter(equipment=equipment).update(settings_sent_at=now)


def forget_old(*, now: datetime) -> int:
    """Throw away the packages of old lists. Returns how many lists were thrown away."""
    _count, per_model = PriceTransfer.objects.filter(created_at__lt=now - KEPT).delete()
    return int(per_model.get("exchange.PriceTransfer", 0))


def _lock(equipment: Equipment) -> DeviceState:
    DeviceState.objects.bulk_create([DeviceState(equipment=equipment)], ignore_conflicts=True)
    return DeviceState.objects.select_for_update().get(equipment=equipment)


def is_behind(*, equipment: Equipment, state: DeviceState, current: Position) -> bool:
    """Tell whether there is anything to tell a device that stands there."""
    if state.load != ordered_load(equipment) or state.format_version != equipment.format_version:
        return True
    return _position(state.position) != current


def _begin(equipment: Equipment, state: DeviceState, *, full: bool, whole: bool, now: datetime) -> PriceTransfer:
    """Put down a list to be built; until it is, its `position` is the one it begins at."""
    devices.check_ready(equipment)
    devices.check_rule(equipment)
    # Nobody asks for an earlier one any more; that it was answered stays.
    PricePart.objects.filter(transfer__equipment=equipment).delete()
    load = ordered_load(equipment)
    anew = full or load != state.load or equipment.format_version != state.format_version
    return PriceTransfer.objects.create(
        equipment=equipment,
        full=full,
        whole=whole,
        format_version=equipment.format_version,
        position=None if anew else state.position,
        load=load,
        created_at=now,
    )


def _is_superseded(transfer: PriceTransfer) -> bool:
    """Tell whether the device has asked for another list since: of an earlier one no package is left."""
    return PriceTransfer.objects.filter(equipment=transfer.equipment_id, pk__gt=transfer.pk).exists()


def _still_true(earlier: PriceTransfer, equipment: Equipment) -> bool:
    """Tell whether a list that has been built is still what the device would be told."""
    if earlier.state != TransferState.READY:
        return True
    position = _position(earlier.position)
    rule = equipment.rule
    return (
        position is not None
        and rule is not None
        and position.rule == rule.revision
        and earlier.load == ordered_load(equipment)
    )


def ordered_load(equipment: Equipment) -> int:
    """Return the last full load that a merchandiser has ordered for the device's register."""
    lines = RegisterLoadLine.objects.filter(register=equipment.register)
    return int(lines.aggregate(last=Max("sequence"))["last"] or 0)


def _answered_lists(equipment: Equipment) -> PriceTransferQuerySet:
    return PriceTransfer.objects.filter(equipment=equipment).unconfirmed().answered()


def _answered(transfer: PriceTransfer, number: int, now: datetime) -> None:
    """Note that a package was answered. With the last one, a list before it that it told anew has been got."""
    transfer.delivered = number
    if number == transfer.total:
        transfer.answered_at = now
        before = _answered_lists(transfer.equipment).filter(pk__lt=transfer.pk).order_by("-pk").first()
        if before is not None:
            _confirm(before, now)
    transfer.save(update_fields=["delivered", "answered_at", "told_twice"])
    position = _position(transfer.position)
    register = transfer.equipment.register_id
    if position is not None and number == transfer.total and register is not None:
        presence.note(
            register_id=register,
            now=now,
            load=transfer.load,
            goods_sent=position.catalogue,
            stock_sent=position.stock,
        )


def _confirm(transfer: PriceTransfer, now: datetime) -> None:
    """Let the device stand where a list was read, and throw the packages of that and earlier ones away."""
    PriceTransfer.objects.filter(pk=transfer.pk).update(confirmed_at=now)
    DeviceState.objects.filter(equipment=transfer.equipment_id).update(
        position=transfer.position, load=transfer.load, format_version=transfer.format_version, confirmed_at=now
    )
    PricePart.objects.filter(transfer__equipment=transfer.equipment_id, transfer__pk__lte=transfer.pk).delete()
    position = _position(transfer.position)
    register = transfer.equipment.register_id
    if position is not None and register is not None:
        presence.note(
            register_id=register,
            now=now,
            load=transfer.load,
            goods_acknowledged=position.catalogue,
            stock_acknowledged=position.stock,
        )


def _position(kept: object) -> Position | None:
    return None if kept is None else msgspec.convert(kept, Position)
