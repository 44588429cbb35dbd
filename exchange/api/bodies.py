"""What a register may hand over, as the OpenAPI description shows it.

Nothing here reads a body: that is done by `exchange.protocols.kkmtransfer.messages`, whose structs a test holds to be
the same. The meanings are those of the integrator's guide (docs/integrators.md).
"""

from typing import Any

from rest_framework import serializers

from registers.choices import PaymentKind, TransactionKind

MAX_TRANSACTIONS = 1000

text = serializers.CharField


def _money(help_text: str = "", **options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, help_text=help_text, **options)


class LineIn(serializers.Serializer[Any]):
    line = serializers.IntegerField(min_value=1, help_text="Its number in the receipt, once each")
    sku = text(max_length=64, required=False, allow_blank=True, help_text="The code decides what was sold")
    barcode = text(
        max_length=64, required=False, allow_blank=True, help_text="Looked up only where no SKU has the code"
    )
    quantity = serializers.DecimalField(
        max_digits=12, decimal_places=3, help_text="Above zero, also in a return; in the SKU's own unit"
    )
    price = _money()
    discount = _money(required=False)
    amount = _money("What the buyer pays for the line")
    vat = text(max_length=10, required=False, allow_blank=True, help_text="The code of the rate, as in settings")
    marks = serializers.ListField(child=text(), required=False, help_text="Identification codes of marked goods")


class PaymentIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=PaymentKind.values)
    amount = _money("What was kept of the buyer's money, less change; of a return, what was given back")


class FiscalIn(serializers.Serializer[Any]):
    drive = text(max_length=32, required=False, allow_blank=True, help_text="Number of the fiscal drive")
    document = serializers.IntegerField(required=False, allow_null=True, help_text="Number of the fiscal document")
    sign = text(max_length=32, required=False, allow_blank=True, help_text="Its fiscal sign")


class ReceiptIn(serializers.Serializer[Any]):
    uid = text(max_length=64, help_text="The receipt's own id; it comes in one transaction only")
    number = serializers.IntegerField(min_value=0)
    total = _money()
    lines = LineIn(many=True, help_text="Up to 5000; none only of a cancelled receipt")
    payments = PaymentIn(many=True, required=False)
    cashier = text(max_length=100, required=False, allow_blank=True)
    order = text(max_length=64, required=False, allow_null=True, help_text="The customer order it was made from")
    card = text(max_length=64, required=False, allow_null=True, help_text="The number of the discount card")
    of = text(max_length=64, required=False, allow_null=True, help_text="Of a return: uid of the sale's receipt")
    fiscal = FiscalIn(required=False)


class BillingIn(serializers.Serializer[Any]):
    uid = text(required=False, allow_blank=True, help_text="As on-line; without one the server makes it")
    card = text(required=False, allow_blank=True, help_text="Without one that of the receipt")
    kind = serializers.ChoiceField(choices=["accrue", "redeem", "reverse"])
    bonuses = _money(required=False)
    turnover = _money(required=False)
    receipts = serializers.IntegerField(required=False)
    promotion = text(required=False, allow_null=True)
    of = text(required=False, allow_null=True, help_text="Of a reversal: uid of the operation")


class TransactionIn(serializers.Serializer[Any]):
    number = serializers.IntegerField(min_value=0, help_text="The register's running number of events")
    occurred_at = serializers.DateTimeField(help_text="By the register's clock, with an offset")
    uid = text(max_length=64, help_text="An id that no other event of this register has: a UUID")
    kind = serializers.ChoiceField(choices=TransactionKind.values)
    shift = serializers.IntegerField(min_value=0, help_text="The number of the shift")
    receipt = ReceiptIn(required=False, allow_null=True, help_text="Of sale, return, cancelled")
    amount = _money("Of cash_in, cash_out", required=False, allow_null=True)
    counters = serializers.DictField(
        required=False,
        allow_null=True,
        help_text="Of shift_close: sales, returns, receipts, return_receipts, cash, card, cash_in_drawer",
    )
    billing = BillingIn(many=True, required=False, help_text="What was done to cards, also on-line: counted once")


class BatchIn(serializers.Serializer[Any]):
    transactions = serializers.ListField(child=TransactionIn(), max_length=MAX_TRANSACTIONS)
