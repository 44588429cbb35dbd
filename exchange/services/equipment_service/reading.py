"""An event of the journal read again: its device says which of our kinds of payment its codes mean by now."""

from datetime import tzinfo

from exchange.models import PaymentOption
from exchange.protocols.equipment_service import entries
from registers.messages import Entry


def read(raw: bytes, zone: tzinfo) -> Entry:
    """Read an event of a device, in the zone of its shop."""
    return entries.read(raw, zone, kinds(entries.device_of(raw)))


def kinds(device_id: str) -> dict[str, str]:
    """Return our kind of payment for each code of a device's."""
    if not device_id or "\x00" in device_id:
        return {}
    return dict(PaymentOption.objects.filter(equipment__device_id=device_id).values_list("code", "kind"))
