from exchange.models.alerts import Alert, AlertRule
from exchange.models.artix import ArtixLoad, ArtixServer
from exchange.models.equipment import Equipment, PaymentOption
from exchange.models.files import EquipmentTill, QuarantinedLine, TransactionFile
from exchange.models.loads import RegisterLoad, RegisterLoadLine
from exchange.models.rules import ExchangeRule, ExchangeRuleGroup, ExchangeRuleSku, ExchangeRuleVat
from exchange.models.sessions import ExchangeSession, PostedDocument
from exchange.models.transfers import DeviceState, PricePart, PriceTransfer
from exchange.models.ukm5 import Ukm5Store, Ukm5Till, Ukm5Unclaimed
from exchange.models.uploads import UploadFetch, UploadSource
from exchange.models.webhooks import EventCursor, LowStock, OutgoingMessage, WebhookEndpoint

__all__ = [
    "Alert",
    "AlertRule",
    "ArtixLoad",
    "ArtixServer",
    "DeviceState",
    "Equipment",
    "EquipmentTill",
    "EventCursor",
    "ExchangeRule",
    "ExchangeRuleGroup",
    "ExchangeRuleSku",
    "ExchangeRuleVat",
    "ExchangeSession",
    "LowStock",
    "OutgoingMessage",
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
    "WebhookEndpoint",
]
