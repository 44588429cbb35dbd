"""The roles of people, and what each may do.

A role is a Django group whose name is its code; people see its translated title. A release grants a role the
permissions listed here and remembers that it has (`retail.RoleGrant`). So the list below may grow and old
installations get what is new, while a permission that an administrator has taken from a role is not given back,
and one he has added stays. A release that must take something away does it in a migration, on purpose.
"""

from collections.abc import Iterator, Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from retail.choices import Role
from retail.models import RoleGrant

__all__ = ["PERMISSIONS", "Role", "codenames", "grant"]


_VIEW = "view"
_KEEP = "view add change"  # Whoever keeps a list may not delete from it: things are withdrawn.
_ALL = "view add change delete"
_DOCUMENT = f"{_ALL} post reverse"

_GOODS = {
    "retail.itemgroup": _ALL,
    "retail.unit": _VIEW,
    "retail.vatrate": _VIEW,
    "retail.item": _KEEP,
    "retail.characteristic": _ALL,
    "retail.pack": _ALL,
    "retail.sku": _KEEP,
    "retail.barcode": _ALL,
    "retail.pricetype": _KEEP,
    "retail.price": _ALL,
}
_PLACES = {
    "retail.organization": _VIEW,
    "retail.shop": _VIEW,
    "retail.warehouse": _VIEW,
    "retail.counterparty": _VIEW,
}
_HAPPENED = {
    "registers.register": _VIEW,
    "registers.registerstatus": _VIEW,
    "registers.kkmtransaction": _VIEW,
    "registers.transactionconflict": _VIEW,
    "registers.transactiondeed": _VIEW,
    "registers.shift": _VIEW,
    "registers.receipt": _VIEW,
    "registers.receiptline": _VIEW,
    "registers.payment": _VIEW,
}
# Whoever keeps goods or registers says what a code means; figures and conflicts are for those who answer for the books.
_MENDS = {"stock.desktransaction": "view mend"}
_DECIDES = {"stock.desktransaction": "view mend decide"}
_LEFT = {
    "stock.balance": _VIEW,
    "stock.movement": _VIEW,
    "stock.stockdocument": _VIEW,
    "stock.goodsreceipt": _VIEW,
    "stock.wholesaleinvoice": _VIEW,
    "stock.stocktransfer": _VIEW,
    "stock.documentline": _VIEW,
    "stock.stockcount": _VIEW,
    "stock.countline": _VIEW,
    "stock.currentsales": _VIEW,
    "stock.zreport": _VIEW,
    "stock.zreporttotal": _VIEW,
    "stock.salesline": _VIEW,
    "stock.discrepancy": _VIEW,
    "stock.reservation": _VIEW,
    "stock.customerorder": _VIEW,
}
# Whoever keeps goods or registers frees what a till has forgotten.
_RELEASES = {"stock.reservation": "view release"}
# Orders are taken by those who sell; their lines are those of any document.
_ORDERS = {"stock.customerorder": f"{_ALL} agree cancel", "stock.documentline": _ALL}
_DOCUMENTS = {
    "stock.goodsreceipt": _DOCUMENT,
    "stock.wholesaleinvoice": _DOCUMENT,
    "stock.stocktransfer": _DOCUMENT,
    "stock.documentline": _ALL,
    "stock.stockcount": _DOCUMENT,
    "stock.countline": _ALL,
}
# `process_transactions` is a permission of the Z-report that names what it is done to.
_SETTLES = {"stock.transactions": "process", "stock.discrepancy": "view accept"}
_PROGRAMS = {"retail.apitoken": _KEEP}  # Of one's own; whoever keeps people sees and revokes everybody's.
_LOADS = {"exchange.registerload": _ALL, "exchange.registerloadline": _ALL}
# Kinds of cards and their rules are reference; a card's figures nobody edits. `view_cardowner` is the right to personal
# data: owners, and numbers that are not masked, `erase_cardowner` to erase it; of cards `add` issues, `change` blocks,
# closes and replaces them.
_CARD_KINDS = {
    "billing.cardkind": _ALL,
    "billing.discountthreshold": _ALL,
    "billing.bonusliferule": _ALL,
    "billing.promotion": _ALL,
    "billing.promotionassignment": _DOCUMENT,
}
_CARDS = {
    "billing.discountcard": _VIEW,
    "billing.billingoperation": _VIEW,
    "billing.waitingrecord": _VIEW,
    "billing.nightrun": _VIEW,
    "billing.accrualdocument": _VIEW,
    "billing.writeoffdocument": _VIEW,
}
# Who answers for the books has the night's documents written by hand.
_RUNS_NIGHTS = {"billing.nightrun": "view run"}
_KEEPS_CARDS = {**_CARDS, "billing.discountcard": _KEEP, "billing.cardowner": _KEEP}
# One writes a correction of cards, another approves it: administrators may do either, but not both with the same one.
_WRITES_CORRECTIONS = {"billing.correctiondocument": _ALL, "billing.correctionline": _ALL}
_APPROVES_CORRECTIONS = {"billing.correctiondocument": "view approve", "billing.correctionline": _VIEW}
_EXCHANGED = {"exchange.exchangesession": _VIEW, "exchange.posteddocument": _VIEW}
_FILES = {"exchange.transactionfile": "view load", "exchange.quarantinedline": _VIEW}
_DIALECTS = {"exchange.ukm5store": _ALL, "exchange.ukm5till": _ALL, "exchange.ukm5unclaimed": "view claim"}
# Whoever sees to it that data flows may have a register visited; where it stands is for those who keep registers.
_UPLOADS = {"exchange.uploadsource": f"{_ALL} fetch", "exchange.uploadfetch": _VIEW}
_FETCHES = {**_UPLOADS, "exchange.uploadsource": "view fetch"}
# Whoever keeps registers knows of alerts; who is told of what is for administrators.
_ALERTS = {"exchange.alert": "view acknowledge", "exchange.alertrule": _VIEW}
_TELLS = {
    "exchange.alertrule": _KEEP,
    "exchange.webhookendpoint": _KEEP,
    "exchange.outgoingmessage": "view send",
}
# Which goods a register hears of, and how the device speaks.
_RULES = {
    "exchange.exchangerule": _ALL,
    "exchange.exchangerulegroup": _ALL,
    "exchange.exchangerulesku": _ALL,
    "exchange.exchangerulevat": _ALL,
    "exchange.equipment": _ALL,
    "exchange.paymentoption": _ALL,
    "exchange.equipmenttill": _ALL,
    "exchange.artixserver": _ALL,
}


def _viewed(permissions: Mapping[str, str]) -> dict[str, str]:
    return dict.fromkeys(permissions, _VIEW)


PERMISSIONS: dict[Role, dict[str, str]] = {
    Role.MERCHANDISER: {
        **_GOODS,
        **_PLACES,
        "retail.shop": _KEEP,
        "retail.warehouse": _KEEP,
        **_HAPPENED,
        **_MENDS,
        "registers.register": _KEEP,
        "registers.pairingcode": _KEEP,
        "registers.registertoken": "view change",
        **_LEFT,
        **_RELEASES,
        **_ORDERS,
        **_LOADS,
        **_EXCHANGED,
        **_FILES,
        **_DIALECTS,
        **_UPLOADS,
        **_ALERTS,
        **_RULES,
        **_CARD_KINDS,
        **_KEEPS_CARDS,
        **_WRITES_CORRECTIONS,
        **_PROGRAMS,
    },
    Role.ACCOUNTANT: {
        **_viewed(_GOODS),
        **_PLACES,
        "retail.organization": _KEEP,
        "retail.counterparty": _KEEP,
        **_HAPPENED,
        **_DECIDES,
        **_LEFT,
        **_DOCUMENTS,
        **_SETTLES,
        **_EXCHANGED,
        **_FILES,
        **_viewed(_UPLOADS),
        **_ALERTS,
        **_viewed(_CARD_KINDS),
        **_CARDS,
        **_RUNS_NIGHTS,
        **_APPROVES_CORRECTIONS,
        **_PROGRAMS,
    },
    Role.OPERATOR: {
        **_viewed(_GOODS),
        **_PLACES,
        **_HAPPENED,
        **_MENDS,
        "registers.register": "view change",
        "registers.pairingcode": _KEEP,
        "registers.registertoken": "view change",
        **_LEFT,
        **_RELEASES,
        **_ORDERS,
        "stock.transactions": "process",
        **_LOADS,
        **_EXCHANGED,
        **_FILES,
        **_viewed(_DIALECTS),
        **_FETCHES,
        **_ALERTS,
        **_viewed(_RULES),
        **_viewed(_CARD_KINDS),
        **_CARDS,
        **_PROGRAMS,
    },
    Role.ADMINISTRATOR: {
        **dict.fromkeys(_GOODS, _ALL),
        **dict.fromkeys(_PLACES, _ALL),
        "retail.constants": "view change",
        **_HAPPENED,
        **_DECIDES,
        "registers.register": _ALL,
        "registers.pairingcode": _ALL,
        "registers.registertoken": _ALL,
        **_LEFT,
        **_RELEASES,
        **_ORDERS,
        **_DOCUMENTS,
        **_SETTLES,
        **_LOADS,
        **_EXCHANGED,
        **_FILES,
        **_DIALECTS,
        **_UPLOADS,
        **_ALERTS,
        **_TELLS,
        **_RULES,
        **_CARD_KINDS,
        **_KEEPS_CARDS,
        **_RUNS_NIGHTS,
        "billing.cardowner": f"{_KEEP} erase",
        **_WRITES_CORRECTIONS,
        "billing.correctiondocument": f"{_ALL} approve",
        **_PROGRAMS,
        "auth.user": _ALL,
        "auth.group": _ALL,
        "admin.logentry": _VIEW,
        "retail.edit": _VIEW,
        "django_celery_beat.periodictask": _ALL,
        "django_celery_beat.intervalschedule": _ALL,
        "django_celery_beat.crontabschedule": _ALL,
        "axes.accessattempt": "view delete",
        "axes.accesslog": _VIEW,
        "axes.accessfailurelog": _VIEW,
    },
}


def codenames(role: Role) -> Iterator[tuple[str, str]]:
    """Yield (application, codename) of everything the role is granted."""
    for label, actions in PERMISSIONS[role].items():
        app, model = label.split(".")
        for action in actions.split():
            yield app, f"{action}_{model}"


@transaction.atomic
def grant() -> None:
    """Create the roles that are missing and grant each what no release has granted it before."""
    ids = {
        (app, codename): pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for role in Role:
        group, _created = Group.objects.get_or_create(name=role.value)
        granted = set(RoleGrant.objects.filter(group=group).values_list("permission_id", flat=True))
        new = {ids[key] for key in codenames(role) if key in ids} - granted
        group.permissions.add(*new)
        RoleGrant.objects.bulk_create(RoleGrant(group=group, permission_id=pk) for pk in sorted(new))
