"""The payment kinds of a device: what it is usually told, so that a person begins with something that works."""

from exchange.choices import ElectronicPaymentType
from exchange.models import Equipment, PaymentOption
from registers.choices import PaymentKind

_USUAL = (
    ("01", ElectronicPaymentType.CARD, PaymentKind.CARD),
    ("02", ElectronicPaymentType.CARD, PaymentKind.SBP),
    ("03", ElectronicPaymentType.CREDIT, PaymentKind.CREDIT),
    ("04", ElectronicPaymentType.CERTIFICATE, PaymentKind.GIFT_CARD),
    ("05", ElectronicPaymentType.BONUS, PaymentKind.BONUS),
)


def add_usual(*, equipment: Equipment) -> list[PaymentOption]:
    """Give equipment a payment kind for each of ours that is electronic, called as ours is in the language at hand."""
    return PaymentOption.objects.bulk_create(
        PaymentOption(equipment=equipment, code=code, name=str(kind.label), type=kind_of_device, kind=kind)
        for code, kind_of_device, kind in _USUAL
    )
