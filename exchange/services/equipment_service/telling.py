"""The settings of a device, as they are told to it."""

from exchange.models import Equipment
from exchange.protocols.equipment_service import schemas, writing, writing_1
from exchange.protocols.equipment_service.messages import PaymentOption, Settings
from exchange.services.equipment_service import devices


def settings_document(*, equipment: Equipment) -> str:
    """Return the document of a device's settings. Raises `NotSetUp`, `Inactive`."""
    devices.check_ready(equipment)
    register, known = equipment.register, devices.format_of(equipment)
    assert register is not None
    options = equipment.payment_options.order_by("code")
    said = Settings(
        company=equipment.organization.full_name or equipment.organization.name,
        store=register.shop.name,
        inn=equipment.organization.inn,
        kpp=equipment.organization.kpp,
        address=register.shop.address,
        location=equipment.sale_location or register.shop.name,
        sender_email=equipment.sender_email,
        taxation_systems=equipment.taxation_systems,
        discounts=register.discounts,
        payment_cards=register.payment_cards,
        payment_options=[PaymentOption(one.code, one.name, one.type, one.uid) for one in options],
    )
    document = writing.settings(said, known) if known.is_modern else writing_1.settings(said, known)
    schemas.check_text(document, known)
    return document
