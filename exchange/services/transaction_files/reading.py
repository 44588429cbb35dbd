"""What a file does not say, and an event of the journal read again by what is known by now.

A till's codes of payments are matched to our kinds on the page of its equipment; which shift is open, the journal says.
"""

from collections.abc import Callable
from datetime import tzinfo

from exchange.choices import FileEncoding
from exchange.models import Equipment, EquipmentTill, PaymentOption
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


def open_shifts(register: Register) -> Callable[[str], int]:
    """Say of a till, by its number in files, which shift it is in: the latest we know, or the next if that is closed.

    All that are named are looked up at once, and a till that nobody has named is taken for the register.
    """
    tills = dict(EquipmentTill.objects.filter(equipment__register=register).values_list("code", "register"))
    found = Shift.objects.filter(register__in=[register.pk, *tills.values()])
    latest = found.order_by("register", "-first_at", "-pk").distinct("register")
    shifts = {
        owner: number + 1 if closed_at else number
        for owner, number, closed_at in latest.values_list("register", "number", "closed_at")
    }
    return lambda till: shifts.get(tills.get(till, register.pk), 1)


def encoding(register: Register) -> str:
    """Return in which encoding the files of a register's equipment are written."""
    found = Equipment.objects.filter(register=register).values_list("encoding", flat=True).first()
    return found or FileEncoding.ANSI
