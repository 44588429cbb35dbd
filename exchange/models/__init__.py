from exchange.models.equipment import Equipment, PaymentOption
from exchange.models.loads import RegisterLoad, RegisterLoadLine
from exchange.models.rules import ExchangeRule, ExchangeRuleGroup, ExchangeRuleSku, ExchangeRuleVat
from exchange.models.ukm5 import Ukm5Store, Ukm5Till, Ukm5Unclaimed

__all__ = [
    "Equipment",
    "ExchangeRule",
    "ExchangeRuleGroup",
    "ExchangeRuleSku",
    "ExchangeRuleVat",
    "PaymentOption",
    "RegisterLoad",
    "RegisterLoadLine",
    "Ukm5Store",
    "Ukm5Till",
    "Ukm5Unclaimed",
]
