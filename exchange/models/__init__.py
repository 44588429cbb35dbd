from exchange.models.artix import ArtixLoad, ArtixServer
from exchange.models.equipment import Equipment, PaymentOption
from exchange.models.files import EquipmentTill, QuarantinedLine, TransactionFile
from exchange.models.loads import RegisterLoad, RegisterLoadLine
from exchange.models.rules import ExchangeRule, ExchangeRuleGroup, ExchangeRuleSku, ExchangeRuleVat
from exchange.models.sessions import ExchangeSession, PostedDocument
from exchange.models.transfers import DeviceState, PricePart, PriceTransfer
from exchange.models.ukm5 import Ukm5Store, Ukm5Till, Ukm5Unclaimed
from exchange.models.uploads import UploadFetch, UploadSource

__all__ = [
    "ArtixLoad",
    "ArtixServer",
    "DeviceState",
    "Equipment",
    "EquipmentTill",
    "ExchangeRule",
    "ExchangeRuleGroup",
    "ExchangeRuleSku",
    "ExchangeRuleVat",
    "ExchangeSession",
    "PaymentOption",
    "PostedDocument",
    "PricePart",
    "PriceTransfer",
    "QuarantinedLine",
    "RegisterLoad",
    "RegisterLoadLine",
    "TransactionFile",
    "Ukm5Store",
    "Ukm5Till",
    "Ukm5Unclaimed",
    "UploadFetch",
    "UploadSource",
]
