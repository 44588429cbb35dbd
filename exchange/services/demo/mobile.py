"""1С:Мобильная касса of the courier of a shop: its rule, its equipment, and the register it is."""

from exchange.choices import FormatVersion, RuleMarking, TaxationSystem, TaxRate
from exchange.models import Equipment, ExchangeRule, ExchangeRuleVat
from exchange.services import payment_options
from exchange.services.demo.tills import MOBILE
from registers.models import Register
from retail.models import VatRate

RULE = "Мобильные кассы, Лесная"
DEVICE_ID = "mobile-lesnaya-1"
LEFT_OUT = (RuleMarking.TOBACCO, RuleMarking.ALCOHOL)


def make() -> None:
    """Write the rule (no tobacco by courier; 22 % goes as 20 %, for no format has a word for it) and equipment."""
    register = Register.objects.select_related("warehouse", "organization").get(number=MOBILE.number)
    rule = ExchangeRule.objects.create(
        name=RULE,
        warehouse=register.warehouse,
        in_stock_only=True,
        markings=[kind.value for kind in RuleMarking if kind not in LEFT_OUT],
        package_size=50,
    )
    rate = VatRate.objects.get(code="22")
    ExchangeRuleVat.objects.create(rule=rule, vat_rate=rate, sent_as=TaxRate.RATE_20)
    equipment = Equipment.objects.create(
        name=MOBILE.name,
        organization=register.organization,
        rule=rule,
        register=register,
        device_id=DEVICE_ID,
        format_version=FormatVersion.V3_3,
        taxation_systems=[TaxationSystem.GENERAL.value],
    )
    payment_options.add_usual(equipment=equipment)
