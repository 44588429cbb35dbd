"""What happened: registers and what they reported."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from registers.choices import PaymentKind, StockControl, TransactionKind, TransactionState
from registers.models import (
    KkmTransaction,
    PairingCode,
    Payment,
    Receipt,
    ReceiptLine,
    Register,
    RegisterStatus,
    RegisterToken,
    Shift,
)
from tests.factories.retail import ShopFactory, SkuFactory, WarehouseFactory

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class RegisterFactory(DjangoModelFactory):
    """A register of the organization of its warehouse, without prompts unless a trait says otherwise."""

    class Meta:
        model = Register

    class Params:
        uncontrolled = factory.Trait(stock_control=StockControl.NONE)
        without_prompts = factory.Trait(stock_control=StockControl.WITHOUT_PROMPTS)
        with_prompts = factory.Trait(stock_control=StockControl.WITH_PROMPTS)
        external = factory.Trait(stock_control=StockControl.EXTERNAL)

    # Above the numbers that tests give of themselves.
    number = factory.Sequence(lambda n: 1001 + n)
    name = factory.Sequence(lambda n: f"Касса {1001 + n}")
    warehouse = factory.SubFactory(WarehouseFactory)
    organization = factory.SelfAttribute("warehouse.organization")
    shop = factory.SubFactory(ShopFactory, organization=factory.SelfAttribute("..organization"))
    stock_control = StockControl.WITHOUT_PROMPTS


class RegisterStatusFactory(DjangoModelFactory):
    class Meta:
        model = RegisterStatus

    register = factory.SubFactory(RegisterFactory)
    last_seen = NOON


class RegisterTokenFactory(DjangoModelFactory):
    """A token in use; `RegisterTokenFactory(token="secret")` is what the register would show."""

    class Meta:
        model = RegisterToken

    class Params:
        token = factory.Sequence(lambda n: f"token-{n}")
        unused = factory.Trait(first_used_at=None)
        revoked = factory.Trait(revoked_at=NOON)

    register = factory.SubFactory(RegisterFactory)
    digest = factory.LazyAttribute(lambda made: hashlib.sha256(made.token.encode()).hexdigest())
    created_at = NOON
    first_used_at = NOON


class PairingCodeFactory(DjangoModelFactory):
    class Meta:
        model = PairingCode

    class Params:
        code = factory.Sequence(lambda n: f"AAAA-{n:04d}")

    register = factory.SubFactory(RegisterFactory)
    digest = factory.LazyAttribute(lambda made: hashlib.sha256(made.code.encode()).hexdigest())
    created_at = NOON
    expires_at = factory.LazyAttribute(lambda made: made.created_at + timedelta(minutes=10))


class KkmTransactionFactory(DjangoModelFactory):
    class Meta:
        model = KkmTransaction

    class Params:
        on_desk = factory.Trait(
            state=TransactionState.ERROR_DESK,
            problems=[{"code": "unknown_sku", "attr": "receipt.lines.0.sku", "params": {"sku": "404"}}],
        )

    register = factory.SubFactory(RegisterFactory)
    number = factory.Sequence(lambda n: n + 1)
    occurred_at = factory.LazyAttribute(lambda made: NOON + timedelta(seconds=made.number))
    uid = factory.LazyAttribute(lambda made: f"transaction-{made.number}")
    kind = TransactionKind.SALE
    shift_number = 1
    protocol = "kkmtransfer"
    raw = factory.LazyAttribute(lambda made: f'{{"number": {made.number}}}'.encode())
    body_hash = factory.LazyAttribute(lambda made: hashlib.sha256(made.raw).digest())
    received_at = factory.SelfAttribute("occurred_at")


class ShiftFactory(DjangoModelFactory):
    class Meta:
        model = Shift

    class Params:
        closed = factory.Trait(closed_at=NOON + timedelta(hours=8))

    register = factory.SubFactory(RegisterFactory)
    number = factory.Sequence(lambda n: 1001 + n)
    first_at = NOON
    opened_at = NOON


class ReceiptFactory(DjangoModelFactory):
    """A sale without lines; give it some with `ReceiptLineFactory(receipt=…)`."""

    class Meta:
        model = Receipt

    register = factory.SubFactory(RegisterFactory)
    transaction = factory.SubFactory(
        KkmTransactionFactory,
        register=factory.SelfAttribute("..register"),
        kind=factory.SelfAttribute("..kind"),
        amount=factory.SelfAttribute("..total"),
    )
    shift = factory.SubFactory(ShiftFactory, register=factory.SelfAttribute("..register"))
    warehouse = factory.SelfAttribute("register.warehouse")
    kind = TransactionKind.SALE
    uid = factory.Sequence(lambda n: f"receipt-{n}")
    number = factory.Sequence(lambda n: n + 1)
    occurred_at = factory.SelfAttribute("transaction.occurred_at")
    cashier = "Петрова"
    total = Decimal("198.00")


class ReceiptLineFactory(DjangoModelFactory):
    class Meta:
        model = ReceiptLine

    receipt = factory.SubFactory(ReceiptFactory)
    line = factory.Sequence(lambda n: n + 1)
    sku = factory.SubFactory(SkuFactory)
    sku_code = factory.LazyAttribute(lambda made: made.sku.code if made.sku else "404")
    quantity = Decimal(2)
    price = Decimal("99.00")
    discount = Decimal(0)
    amount = factory.LazyAttribute(lambda made: made.quantity * made.price - made.discount)
    vat = "22"


class PaymentFactory(DjangoModelFactory):
    class Meta:
        model = Payment

    receipt = factory.SubFactory(ReceiptFactory)
    kind = PaymentKind.CASH
    amount = factory.SelfAttribute("receipt.total")
