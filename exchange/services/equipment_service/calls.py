"""One call of a device: who it is, what it asks, what it is answered.

`Connect` and `GetVersion` answer that nobody is known; `PostDocs` answers in the vendor's way that a document was not
loaded; whatever else is refused is a fault, in words.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from exchange.choices import SessionResult
from exchange.models import Equipment
from exchange.protocols.equipment_service import answers
from exchange.protocols.equipment_service.soap import Call
from exchange.services import presence
from exchange.services.equipment_service import assembling, building, deliveries, devices, posting, telling, transfers
from exchange.services.equipment_service.sessions import Told
from exchange.services.rules import goods
from retail.exceptions import DomainError
from retail.services import skus
from stock.services.intake import Busy

Enqueue = Callable[[int], None]
_AFTER_GOODS = frozenset({"GetDocs", "PostDocs"})


def serve(*, call: Call, by: User, address: str, enqueue: Enqueue, told: Told, now: datetime) -> str | bool | int:
    """Return what a call is answered, and note in `told` what the log is to say. Raises `DomainError` for a fault.

    `enqueue` has a price list built, once it is committed that there is one to build.
    """
    told.operation, told.device_id = call.operation, call.device_id
    if call.operation == "GetDocTypes":
        return ""
    try:
        equipment = devices.find(call.device_id)
    except devices.UnknownDevice as error:
        if call.operation not in ("Connect", "GetVersion"):
            raise
        told.result, told.error = SessionResult.REFUSED, str(error)
        return False if call.operation == "Connect" else 0
    told.equipment = equipment
    if equipment.register_id is not None:
        presence.note(register_id=equipment.register_id, now=now, address=address or None)
    if call.operation in _AFTER_GOODS:
        _confirm(equipment, told, now)
    return _OPERATIONS[call.operation](equipment, call, by, enqueue, told, now)


def _confirm(equipment: Equipment, told: Told, now: datetime) -> None:
    confirmed = transfers.confirm(equipment=equipment, now=now)
    if confirmed is not None:
        told.summary = _("The price list %(transfer)s has been got.") % {"transfer": confirmed.uid}


def _connect(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> bool:
    ready = devices.is_ready(equipment)
    if not ready:
        told.result, told.error = SessionResult.REFUSED, _("The equipment has no register that is active.")
    return ready


def _version(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> int:
    return int(equipment.format_version)


def _settings(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> str:
    document = telling.settings_document(equipment=equipment)
    transfers.settings_sent(equipment=equipment, now=now)
    return document


def _price_list(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> str:
    document, count = transfers.whole_list(equipment=equipment, now=now)
    told.summary = _("Goods: %(count)d.") % {"count": count}
    return document


def _prepare(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> str:
    with transaction.atomic():
        made, is_new = transfers.prepare(equipment=equipment, full=call.flags.get("FullPriceList", False), now=now)
        if is_new:
            transaction.on_commit(partial(enqueue, made.pk), robust=True)
    told.summary = _("Price list %(transfer)s.") % {"transfer": made.uid}
    return made.uid


def _package(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> str:
    handed = transfers.hand_out(
        equipment=equipment, uid=call.parameters["TransferID"].lower(), restart=call.flags["Restart"], now=now
    )
    if handed.number:
        words = _("Package %(number)d of %(total)d; goods in all: %(goods)d.")
        told.summary = words % {"number": handed.number, "total": handed.total, "goods": handed.goods}
    else:
        told.summary, told.is_idle = _("There is no package yet, or none any more."), True
    return handed.document


def _good(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> str:
    devices.check_ready(equipment)
    devices.check_rule(equipment)
    known, rule = devices.format_of(equipment), equipment.rule
    assert rule is not None
    try:
        rows = goods.one(rule=rule, format_version=known.code, code=call.parameters["Barcode"], now=now)
    except skus.UnknownSku:
        rows = []
    if not rows:
        told.summary = _("Nothing is known under “%(code)s”.") % {"code": call.parameters["Barcode"][:64]}
    return building.good_list(assembling.goods(rows), known)


def _docs(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> str:
    if call.parameters["DocType"] != "Order":
        return ""
    devices.check_ready(equipment)
    document, count = deliveries.document(equipment=equipment, now=now)
    told.summary = " ".join(filter(None, [told.summary, _("Orders: %(count)d.") % {"count": count}]))
    return document


def _post(equipment: Equipment, call: Call, by: User, enqueue: Enqueue, told: Told, now: datetime) -> str:
    known = devices.format_of(equipment)
    given = call.parameters
    try:
        done = posting.post(equipment=equipment, doc_type=given["DocType"], document=given["Document"], by=by, now=now)
    except DomainError as error:
        # Trouble that passes is told in the same way: the device keeps its report, and posts it again.
        told.result = SessionResult.FAILED if isinstance(error, Busy) else SessionResult.REFUSED
        told.error = str(error)
        return answers.posted(known, success=False, description=str(error))
    told.summary = " ".join(filter(None, [told.summary, done.summary]))
    told.shifts, told.document = list(done.shifts), done.document
    return answers.posted(known, success=True, description=done.description)


_OPERATIONS: dict[str, Callable[[Equipment, Call, User, Enqueue, Told, datetime], str | bool | int]] = {
    "Connect": _connect,
    "GetVersion": _version,
    "GetSettings": _settings,
    "GetPriceList": _price_list,
    "PreparePriceList": _prepare,
    "PrepareFullPriceList": _prepare,
    "GetPriceListPackage": _package,
    "GetGood": _good,
    "GetDocs": _docs,
    "PostDocs": _post,
}
