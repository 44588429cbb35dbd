"""What a file does not say, and an event of the journal read again by what is known by now.

A till's codes of payments are matched to our kinds on the page of its equipment; which shift is open, the journal says.
"""

from datetime import tzinfo

from exchange.models import EquipmentTill, PaymentOption
from exchange.protocols.artix import messages as artix_messages
from exchange.protocols.frontol import messages as frontol_messages
from exchange.protocols.shtrih import messages
from registers.messages import Entry
from registers.models import Register, Shift


def shtrih(raw: bytes, zone: tzinfo) -> Entry:
    """Read an event of Штрих-М, in the zone of its shop."""
    return messages.read(raw, zone, kinds)


def artix(raw: bytes, zone: tzinfo) -> Entry:
    """Read an event of Artix, in the zone of its shop."""
    return artix_messages.read(raw, zone, kinds)


def frontol(raw: bytes, zone: tzinfo) -> Entry:
    """Read an event of Frontol, in the zone of its shop."""
    return frontol_messages.read(raw, zone, kinds)


def kinds(register: int) -> dict[str, str]:
    """Return our kind of payment for each code of a register's equipment; `register` is its number."""
    found = PaymentOption.objects.filter(equipment__register__number=register)
    return dict(found.values_list("code", "kind"))


def open_shift(register: Register, till: str) -> int:
    """Return the number of the shift that a till is in: the latest we know, or the next one if that is closed."""
    named = EquipmentTill.objects.filter(equipment__register=register, code=till).values_list("register", flat=True)
    found = Shift.objects.filter(register=named.first() or register.pk).order_by("-first_at", "-pk").first()
    if found is None:
        return 1
    return found.number + 1 if found.closed_at else found.number
