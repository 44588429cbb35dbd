"""Closed lists of exchange."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from retail.choices import MarkingKind


class LoadKind(models.TextChoices):
    FULL = "full", _("Full load")
    CHANGES = "changes", _("Changes only")


class LoadProgress(models.TextChoices):
    """How far a register has come since a load was posted; it acknowledges what it took by asking for what follows."""

    WAITING = "waiting", _("Waiting for the register")
    LOADING = "loading", _("Loading")
    SENT = "sent", _("Sent")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")


class Ukm5Access(models.TextChoices):
    """How УКМ 5 is let in: not at all, by the secret of a store in the address, or from allowed networks."""

    OFF = "off", _("Not let in")
    SECRET = "secret", _("By the secret of its store")
    NETWORK = "network", _("From allowed networks")


class EquipmentKind(models.TextChoices):
    """What is connected. Everything here works off-line: it comes for data and brings data, and sells by itself."""

    REGISTER = "register", _("Off-line cash register")


class ExchangeKind(models.TextChoices):
    """How equipment speaks to us."""

    WEB_SERVICE = "web_service", _("Web service EquipmentService")
    FOLDER = "folder", _("Folder of files")
    HTTP = "http", _("HTTP service of Prilavok (KKMTransfer)")


class FormatVersion(models.IntegerChoices):
    """Versions of the EquipmentService format: the value is what `GetVersion` answers."""

    V1_0 = 1000, "1.0"
    V1_0_6 = 1006, "1.0.6"
    V1_0_7 = 1007, "1.0.7"
    V2_3 = 2003, "2.3"
    V3_0 = 3000, "3.0"
    V3_1 = 3001, "3.1"
    V3_2 = 3002, "3.2"
    V3_3 = 3003, "3.3"


class TaxRate(models.TextChoices):
    """The rates of VAT that the format has words for (20 % since 3.0)."""

    RATE_20 = "20", "20 %"
    RATE_18 = "18", "18 %"
    RATE_10 = "10", "10 %"
    RATE_0 = "0", "0 %"
    NONE = "none", _("Without VAT")


class TaxationSystem(models.IntegerChoices):
    """Taxation systems by their codes in fiscal documents."""

    GENERAL = 0, pgettext_lazy("taxation system", "General")
    SIMPLIFIED_INCOME = 1, _("Simplified, income")
    SIMPLIFIED_PROFIT = 2, _("Simplified, income less expenses")
    AGRICULTURAL = 4, _("Unified agricultural tax")
    PATENT = 5, _("Patent")


class ElectronicPaymentType(models.IntegerChoices):
    """What an electronic payment is for the device."""

    CARD = 1, _("Payment card")
    CREDIT = 2, _("Bank credit")
    CERTIFICATE = 3, _("Gift certificate")
    BONUS = 4, _("Bonuses")


class RuleMarking(models.TextChoices):
    """Kinds of marking that a rule may name: those of goods, with a word for goods without any."""

    NONE = "none", _("Not marked")
    TOBACCO = MarkingKind.TOBACCO.value, MarkingKind.TOBACCO.label
    SHOES = MarkingKind.SHOES.value, MarkingKind.SHOES.label
    CLOTHES = MarkingKind.CLOTHES.value, MarkingKind.CLOTHES.label
    PERFUME = MarkingKind.PERFUME.value, MarkingKind.PERFUME.label
    TYRES = MarkingKind.TYRES.value, MarkingKind.TYRES.label
    DAIRY = MarkingKind.DAIRY.value, MarkingKind.DAIRY.label
    WATER = MarkingKind.WATER.value, MarkingKind.WATER.label
    BEER = MarkingKind.BEER.value, MarkingKind.BEER.label
    MEDICINE = MarkingKind.MEDICINE.value, MarkingKind.MEDICINE.label
    ALCOHOL = MarkingKind.ALCOHOL.value, MarkingKind.ALCOHOL.label


class Refusal(models.TextChoices):
    """Why a SKU does not go by a rule: the first of these that is so (exchange/services/rules/judged.sql)."""

    WITHDRAWN = "withdrawn", _("Withdrawn from sale")
    LEFT_OUT = "left_out", _("Left out by hand")
    GROUP_OUT = "group_out", _("Its group is left out")
    NOT_CHOSEN = "not_chosen", _("Neither its group nor it is chosen")
    MARKING = "marking", _("Its kind of marking is not chosen")
    NO_PRICE = "no_price", _("Has no price")
    ZERO_PRICE = "zero_price", _("The price is zero")
    NOT_IN_STOCK = "not_in_stock", _("Not in stock")
    VAT = "vat", _("The format has no word for its VAT rate")
    FORMAT = "format", _("The format cannot say that it is marked")


class CheckLevel(models.TextChoices):
    """How grave it is what the check of equipment has found."""

    PROBLEM = "problem", _("Will not work")
    WARNING = "warning", _("Look at it")


class TransferState(models.TextChoices):
    """Where a price list stands that a device has asked for."""

    NEW = "new", _("Waiting to be built")
    BUILDING = "building", _("Being built")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Could not be built")


class SessionResult(models.TextChoices):
    """How a call of a device ended."""

    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")


class PostedKind(models.TextChoices):
    """What a device posts."""

    SALES = "sales", _("Report of sales")
    PRICE_CHECKS = "price_checks", _("Report of price checks")
    TARE = "tare", _("Opening of alcohol")


class FileDialect(models.TextChoices):
    """How files of a register are written. A folder without a dialect is one of 1C's EquipmentService."""

    KKMTRANSFER = "kkmtransfer", _("Prilavok: a transaction of JSON in a line")
    SHTRIH = "shtrih", _("Shtrih-M: Kassir, miniPOS")
    FRONTOL = "frontol", _("ATOL: Frontol 6")
    ARTIX = "artix", _("Artix: cash server, till")


class FileEncoding(models.TextChoices):
    """In which files of Штрих-М and Frontol are written; the value is the codec."""

    ANSI = "cp1251", _("Windows-1251 (ANSI)")
    OEM = "cp866", _("CP866 (OEM)")
    UTF_8 = "utf-8", "UTF-8"
    UTF_16 = "utf-16", "UTF-16"


class FileState(models.TextChoices):
    """Where a file of transactions stands."""

    NEW = "new", _("To be confirmed")
    WAITING = "waiting", _("Waiting")
    LOADING = "loading", _("Loading")
    DONE = "done", _("Loaded")
    FAILED = "failed", _("Not loaded")


class ArtixLoadState(models.TextChoices):
    """Where a load of goods stands that a cash server of Artix is told over HTTP."""

    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Being loaded by the cash server")
    LOADED = "loaded", _("Loaded by the cash server")
    FAILED = "failed", pgettext_lazy("load of goods", "Not loaded")


class UploadMode(models.TextChoices):
    """When what a register sold is fetched from it. A closed shift is fetched at once whatever the mode."""

    RECEIPT = "receipt", _("After each receipt")
    INTERVAL = "interval", _("Every so many minutes")
    SHIFT = "shift", _("When a shift is closed")


class UploadEvent(models.TextChoices):
    """What a register tells that it has closed."""

    RECEIPT = "receipt", _("A receipt")
    SHIFT_CLOSE = "shift_close", _("A shift")


class FetchReason(models.TextChoices):
    """Why a register was visited."""

    TELL = "tell", _("A receipt was told of")
    SHIFT_CLOSE = "shift_close", _("A shift was closed")
    CATCH_UP = "catch_up", _("By the clock")
    HAND = "hand", _("By hand")


class Circuit(models.TextChoices):
    """Whether a register that fails is still asked."""

    CLOSED = "closed", _("Asked as usual")
    OPEN = "open", _("Left alone after failures")
    HALF_OPEN = "half_open", _("Tried once more")


class EventKind(models.TextChoices):
    """What programs of others are told of, by the name that they hear."""

    RECEIPT = "receipt.recorded", _("Receipt recorded")
    Z_REPORT = "z_report.posted", _("Z-report posted")
    CARD = "card.operation", _("Operation on a discount card")
    STOCK = "stock.below", _("Stock below the threshold")
    ALERT_OPENED = "alert.opened", _("Alert")
    ALERT_REPEATED = "alert.repeated", _("Alert repeated")
    ALERT_CLOSED = "alert.closed", _("Alert over")
    TEST = "test", _("Test")


# What an endpoint chooses from; alerts come by their rules, a test when somebody asks for it.
CHOSEN_EVENTS = (EventKind.RECEIPT, EventKind.Z_REPORT, EventKind.CARD, EventKind.STOCK)


class MessageState(models.TextChoices):
    """Where a message to somebody outside stands."""

    WAITING = "waiting", pgettext_lazy("outgoing message", "Waiting")
    SENDING = "sending", pgettext_lazy("outgoing message", "Being sent")
    DELIVERED = "delivered", pgettext_lazy("outgoing message", "Delivered")
    GIVEN_UP = "given_up", pgettext_lazy("outgoing message", "Given up")


class AlertKind(models.TextChoices):
    """What a rule of alerts watches."""

    SILENT = "silent", _("Register is silent")
    BEHIND = "behind", _("Register is behind")
    LATE = "late", _("Receipts are not processed")
    DISCREPANCY = "discrepancy", _("Z-report differs")
    DESK = "desk", _("Error desk grows")
    NIGHT = "night", _("Night of cards failed")


class MessageLanguage(models.TextChoices):
    """In which language a message is put into words."""

    RUSSIAN = "ru", _("Russian")
    ENGLISH = "en", _("English")
