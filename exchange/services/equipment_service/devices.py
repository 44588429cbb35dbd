"""Which equipment a device id is, and what keeps it from working. The words are those that the vendor's people know."""

from django.utils.translation import gettext_lazy as _

from exchange.choices import ExchangeKind
from exchange.models import Equipment
from exchange.protocols.equipment_service.formats import FORMATS, Format
from retail.exceptions import DomainError

PARTS = ("rule__warehouse", "register__shop", "register__organization", "register__warehouse", "organization")


class UnknownDevice(DomainError):
    """Nobody has set up equipment of the web service under this id."""

    code = "equipment_unknown_device"
    status = 404

    def __init__(self, device_id: str) -> None:
        said = _("No equipment with the device id “%(device)s” is set up for the web service.")
        super().__init__(said % {"device": device_id[:36]})


class NotSetUp(DomainError):
    """Something is missing without which nothing can be told to the device."""

    code = "equipment_not_set_up"

    def __init__(self, what: str, whose: str) -> None:
        # As the vendor's library says it: it is what people look for in its manuals.
        said = "Ошибка встраивания БПО (Офлайн-оборудование). Не заполнено обязательное поле: %s, объект: %s."
        super().__init__(said % (what, whose))


class Inactive(DomainError):
    code = "equipment_inactive"

    def __init__(self) -> None:
        super().__init__(_("The register is not active: a merchandiser switches it on in the back office."))


def find(device_id: str) -> Equipment:
    """Return the equipment of a device. Raises `UnknownDevice`."""
    known = Equipment.objects.filter(device_id=device_id, exchange_kind=ExchangeKind.WEB_SERVICE)
    found = known.select_related(*PARTS).first() if "\x00" not in device_id else None
    if found is None:
        raise UnknownDevice(device_id)
    return found


def is_ready(equipment: Equipment) -> bool:
    """Tell whether a device may work: it has a register, and that is active."""
    return equipment.register is not None and equipment.register.active


def check_ready(equipment: Equipment) -> None:
    """Raise `NotSetUp` or `Inactive` for a device that has no register that works."""
    if equipment.register is None:
        raise NotSetUp("ККМ", f"подключаемое оборудование «{equipment.name}»")
    if not equipment.register.active:
        raise Inactive


def check_rule(equipment: Equipment) -> None:
    """Raise `NotSetUp` for a device without a rule by which goods are chosen for it."""
    if equipment.rule is None:
        raise NotSetUp("Правило обмена", f"подключаемое оборудование «{equipment.name}»")


def format_of(equipment: Equipment) -> Format:
    """Return the version of the format that the device speaks."""
    return FORMATS[equipment.format_version]
