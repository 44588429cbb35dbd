"""What would keep a device from working, or make it work otherwise than people expect, before the device finds out.

Each finding says in words what is wrong and names the row on whose page it is mended; where there is no row yet, the
list. Nothing here is refused: a person may well set things up in another order than we look at them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.choices import CheckLevel, ElectronicPaymentType, ExchangeKind, FileDialect, FormatVersion, Refusal
from exchange.models import ArtixServer, Equipment, EquipmentTill, ExchangeRule, PaymentOption
from exchange.services import outside
from exchange.services.rules import preview
from exchange.services.transaction_files import artix_folders, artix_goods, artix_states
from registers.choices import PaymentKind
from registers.models import Register, RegisterToken
from retail.choices import Role

_FITTING = {
    ElectronicPaymentType.CARD: {PaymentKind.CARD, PaymentKind.SBP, PaymentKind.OTHER},
    ElectronicPaymentType.CREDIT: {PaymentKind.CREDIT, PaymentKind.OTHER},
    ElectronicPaymentType.CERTIFICATE: {PaymentKind.GIFT_CARD, PaymentKind.OTHER},
    ElectronicPaymentType.BONUS: {PaymentKind.BONUS, PaymentKind.OTHER},
}
_DEVICE_SPEAKS = {ExchangeKind.WEB_SERVICE, ExchangeKind.FOLDER}
_SLOW = timedelta(minutes=15)  # A cash server loads goods within minutes.
_COMPANY = 10  # Digits in the INN of a company, which has a KPP; a person has 12 and none.


class Finding(msgspec.Struct, frozen=True):
    """`model` and `pk` say where it is mended, the model's list without `pk`. `text` is in the language at hand."""

    level: CheckLevel
    code: str
    text: str
    model: str
    pk: int | None = None


def missing(*, equipment: Equipment, now: datetime) -> list[Finding]:
    """Return what is wrong with equipment and all that it leans on; what stops it first. Empty: it is ready.

    Of files of a dialect it only needs to be known whose they are; goods go to them by the rule, if they have one.
    """
    if equipment.dialect:
        return [*_of_files(equipment), *_of_artix(equipment, now)]
    found = [*_of_itself(equipment), *_of_the_rule(equipment, now)]
    if equipment.register is not None:
        found += [*_of_the_register(equipment.register), *_of_fitting(equipment, equipment.register)]
        found += _of_sign_in(equipment.exchange_kind, equipment.register)
        found += _of_payments(equipment, equipment.register)
    return sorted(found, key=lambda finding: finding.level != CheckLevel.PROBLEM)


def missing_of_register(*, register: Register, now: datetime) -> list[Finding]:
    """Return the same of a register: with its equipment if it has one, else of itself."""
    equipment = Equipment.objects.filter(register=register).select_related("rule", "organization").first()
    if equipment is not None:
        equipment.register = register
        return missing(equipment=equipment, now=now)
    found = [*_of_the_register(register), *_of_sign_in(ExchangeKind.HTTP, register)]
    return sorted(found, key=lambda finding: finding.level != CheckLevel.PROBLEM)


def _of_files(equipment: Equipment) -> Iterator[Finding]:
    if equipment.register is not None:
        yield from _of_the_register(equipment.register)
    elif not EquipmentTill.objects.filter(equipment=equipment).exists():
        text = _("Neither a register nor tills are named: nobody would know whose the files are.")
        yield Finding(CheckLevel.PROBLEM, "no_register", text, equipment._meta.label_lower, equipment.pk)


def _of_artix(equipment: Equipment, now: datetime) -> Iterator[Finding]:
    """Look into the folder: whose files there are, and whether goods are loaded."""
    if equipment.dialect != FileDialect.ARTIX:
        return
    if artix_folders.has_unnamed_tills(equipment):
        text = _("There are folders of several tills, and none is named: nothing is taken in until somebody does.")
        yield Finding(CheckLevel.PROBLEM, "unnamed_tills", text, equipment._meta.label_lower, equipment.pk)
    since = artix_goods.lies_since(equipment)
    if since is not None and now - since > _SLOW:
        text = _("Goods that were written at %(time)s are not loaded yet: does the cash server look into the folder?")
        params = {"time": date_format(localtime(since), "SHORT_DATETIME_FORMAT")}
        yield Finding(CheckLevel.WARNING, "goods_not_loaded", text % params, equipment._meta.label_lower, equipment.pk)
    if hasattr(equipment, "artix_server"):
        yield from _of_artix_over_http(equipment, equipment.artix_server)


def _of_artix_over_http(equipment: Equipment, server: ArtixServer) -> Iterator[Finding]:
    here = (equipment._meta.label_lower, equipment.pk)
    if equipment.rule is None:
        text = _("No exchange rule is chosen: the device would be told of no goods.")
        yield Finding(CheckLevel.PROBLEM, "no_rule", text, *here)
    if not settings.ARTIX_STATUS_SERVER:
        text = _("The server's settings do not say where cash servers answer (ARTIX_STATUS_SERVER): nothing is sent.")
        yield Finding(CheckLevel.PROBLEM, "no_status_server", text, *here)
    try:
        outside.check_url(server.address, settings.REGISTER_NETWORKS)
    except outside.BadAddress as error:
        text = _("The cash server is not to be asked: %(why)s See REGISTER_NETWORKS in the server's settings.")
        yield Finding(CheckLevel.PROBLEM, "bad_address", text % {"why": error}, *here)
    load = artix_states.latest([equipment.pk]).get(equipment.pk)
    if load is not None and load.error:
        yield Finding(CheckLevel.WARNING, "load_failed", artix_states.describe(load), *here)


def _of_itself(equipment: Equipment) -> Iterator[Finding]:
    here = (equipment._meta.label_lower, equipment.pk)
    device_id = equipment.device_id or ""
    if equipment.register is None:
        yield Finding(CheckLevel.PROBLEM, "no_register", _("No register is chosen: nobody would sell."), *here)
    if equipment.rule is None:
        text = _("No exchange rule is chosen: the device would be told of no goods.")
        if equipment.exchange_kind == ExchangeKind.HTTP:
            text = _("No exchange rule is chosen: the register is told of everything that has a price.")
        level = CheckLevel.WARNING if equipment.exchange_kind == ExchangeKind.HTTP else CheckLevel.PROBLEM
        yield Finding(level, "no_rule", text, *here)
    if device_id != device_id.strip():
        text = _("The device id begins or ends with a space: the device would hardly send it so.")
        yield Finding(CheckLevel.PROBLEM, "device_id_spaces", text, *here)
    elif not device_id.isascii():
        text = _("The device id “%(id)s” is not all Latin letters: look whether the device writes it so.")
        yield Finding(CheckLevel.WARNING, "device_id_odd", text % {"id": device_id}, *here)
    if equipment.exchange_kind in _DEVICE_SPEAKS and not equipment.taxation_systems:
        text = _("No taxation system is chosen: the device prints the one that is set in itself.")
        yield Finding(CheckLevel.WARNING, "no_taxation", text, *here)


def _of_the_rule(equipment: Equipment, now: datetime) -> Iterator[Finding]:
    """Judge everything by the rule once: what does not go for the format's sake, and whether anything goes."""
    rule = equipment.rule
    if rule is None:
        return
    here = (rule._meta.label_lower, rule.pk)
    version = None if equipment.exchange_kind == ExchangeKind.HTTP else FormatVersion(equipment.format_version)
    seen = preview.look(rule=rule, format_version=version, now=now)
    if not seen.passing:
        yield Finding(CheckLevel.PROBLEM, "no_goods", _nothing_goes(rule, seen), *here)
    if count := seen.refused.get(Refusal.VAT, 0):
        text = ngettext(
            "%(count)d SKU is left out: format %(version)s has no word for its VAT rate: name another in the rule.",
            "%(count)d SKUs are left out: format %(version)s has no word for their VAT rate: name another in the rule.",
            count,
        )
        yield Finding(CheckLevel.WARNING, "vat", text % {"count": count, "version": version and version.label}, *here)
    if count := seen.refused.get(Refusal.FORMAT, 0):
        text = ngettext(
            "%(count)d marked SKU is left out: format %(version)s has no word for its kind, a later one may.",
            "%(count)d marked SKUs are left out: format %(version)s has no word for their kind, a later one may.",
            count,
        )
        place = (equipment._meta.label_lower, equipment.pk)
        params = {"count": count, "version": version and version.label}
        yield Finding(CheckLevel.WARNING, "marking", text % params, *place)


def _nothing_goes(rule: ExchangeRule, seen: preview.Preview) -> str:
    if not seen.refused:
        return _("There are no goods at all.")
    reason = next(iter(seen.refused))
    if reason == Refusal.NO_PRICE:
        said = _("No goods go by the rule: they have no price of type “%(type)s”, by which the warehouse sells.")
        return said % {"type": rule.warehouse.retail_price_type}
    return _("No goods go by the rule. The most frequent reason: %(reason)s.") % {"reason": Refusal(reason).label}


def _of_the_register(register: Register) -> Iterator[Finding]:
    shop, organization = register.shop, register.organization
    if not register.active:
        text = _("Register %(register)s is not active: it is refused at once.") % {"register": register}
        yield Finding(CheckLevel.PROBLEM, "inactive", text, register._meta.label_lower, register.pk)
    if not shop.address:
        text = _("Shop %(shop)s has no address, which is printed on receipts.") % {"shop": shop}
        yield Finding(CheckLevel.WARNING, "no_address", text, shop._meta.label_lower, shop.pk)
    if not organization.inn:
        text = _("Organization %(organization)s has no INN.") % {"organization": organization}
        yield Finding(CheckLevel.PROBLEM, "no_inn", text, organization._meta.label_lower, organization.pk)
    if len(organization.inn) == _COMPANY and not organization.kpp:
        text = _("Organization %(organization)s is a company and has no KPP.") % {"organization": organization}
        yield Finding(CheckLevel.WARNING, "no_kpp", text, organization._meta.label_lower, organization.pk)


def _of_fitting(equipment: Equipment, register: Register) -> Iterator[Finding]:
    """What was refused when the equipment was saved may have come about since."""
    here = (equipment._meta.label_lower, equipment.pk)
    if register.organization_id != equipment.organization_id:
        text = _("The register belongs to another organization: %(organization)s.")
        yield Finding(CheckLevel.PROBLEM, "organization", text % {"organization": register.organization}, *here)
    if equipment.rule is not None and register.warehouse_id != equipment.rule.warehouse_id:
        text = _(
            "The register sells from %(its)s, and the rule is for %(warehouse)s: it would be told the wrong prices."
        )
        params = {"its": register.warehouse, "warehouse": equipment.rule.warehouse}
        yield Finding(CheckLevel.PROBLEM, "warehouse", text % params, *here)


def _of_sign_in(exchange_kind: str, register: Register) -> Iterator[Finding]:
    if exchange_kind == ExchangeKind.HTTP and not RegisterToken.objects.live().filter(register=register).exists():
        text = _("No device is paired with the register: it cannot sign in.")
        yield Finding(CheckLevel.PROBLEM, "not_paired", text, register._meta.label_lower, register.pk)
    if exchange_kind == ExchangeKind.WEB_SERVICE:
        people = User.objects.filter(is_active=True, groups__name=Role.OPERATOR.value)
        if not people.exists():
            text = _("Nobody has the role “%(role)s”, by which devices sign in.") % {"role": Role.OPERATOR.label}
            yield Finding(CheckLevel.PROBLEM, "no_user", text, User._meta.label_lower)


def _of_payments(equipment: Equipment, register: Register) -> Iterator[Finding]:
    if equipment.exchange_kind not in _DEVICE_SPEAKS:
        return
    here = (equipment._meta.label_lower, equipment.pk)
    options = list(PaymentOption.objects.filter(equipment=equipment).order_by("code"))
    if register.payment_cards and not any(option.type == ElectronicPaymentType.CARD for option in options):
        text = _("Payment cards are allowed, and no payment kind of the device says what they are.")
        yield Finding(CheckLevel.PROBLEM, "no_payment_kinds", text, *here)
    for option in options:
        if option.kind not in _FITTING[ElectronicPaymentType(option.type)]:
            text = _("Payment kind %(option)s is “%(type)s” for the device and “%(kind)s” for us: is it so?")
            params = {"option": option, "type": option.get_type_display(), "kind": option.get_kind_display()}
            yield Finding(CheckLevel.WARNING, "payment_kind", text % params, *here)
