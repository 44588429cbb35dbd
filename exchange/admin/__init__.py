from exchange.admin.alert_rules import AlertRuleAdmin
from exchange.admin.alerts import AlertAdmin
from exchange.admin.equipment import EquipmentAdmin
from exchange.admin.loads import RegisterLoadAdmin
from exchange.admin.messages_sent import OutgoingMessageAdmin
from exchange.admin.registers import LoadableRegisterAdmin
from exchange.admin.rules import ExchangeRuleAdmin
from exchange.admin.sessions import ExchangeSessionAdmin
from exchange.admin.transaction_files import TransactionFileAdmin
from exchange.admin.ukm5 import Ukm5StoreAdmin
from exchange.admin.ukm5_unclaimed import Ukm5UnclaimedAdmin
from exchange.admin.webhooks import WebhookEndpointAdmin

__all__ = [
    "AlertAdmin",
    "AlertRuleAdmin",
    "EquipmentAdmin",
    "ExchangeRuleAdmin",
    "ExchangeSessionAdmin",
    "LoadableRegisterAdmin",
    "OutgoingMessageAdmin",
    "RegisterLoadAdmin",
    "TransactionFileAdmin",
    "Ukm5StoreAdmin",
    "Ukm5UnclaimedAdmin",
    "WebhookEndpointAdmin",
]
