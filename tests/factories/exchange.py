"""What others hear: register loads; the stores and tills of УКМ 5; exchange rules and equipment; webhooks, alerts."""

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from exchange.choices import CHOSEN_EVENTS, AlertKind, EventKind, ExchangeKind, LoadKind
from exchange.models import (
    Alert,
    AlertRule,
    ArtixServer,
    Equipment,
    ExchangeRule,
    OutgoingMessage,
    PaymentOption,
    RegisterLoad,
    RegisterLoadLine,
    TransactionFile,
    Ukm5Store,
    Ukm5Till,
    UploadFetch,
    UploadSource,
    WebhookEndpoint,
)
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory, ShopFactory, WarehouseFactory


class RegisterLoadLineFactory(DjangoModelFactory):
    class Meta:
        model = RegisterLoadLine

    load = factory.SubFactory("tests.factories.exchange.RegisterLoadFactory")
    register = factory.SubFactory(RegisterFactory)


class RegisterLoadFactory(DjangoModelFactory):
    """A draft full load; `RegisterLoadFactory(registers=[…])` chooses its registers."""

    class Meta:
        model = RegisterLoad
        skip_postgeneration_save = True

    class Params:
        changes = factory.Trait(kind=LoadKind.CHANGES)

    organization = factory.SubFactory(OrganizationFactory)
    date = datetime(2026, 11, 20, 12, tzinfo=UTC)
    kind = LoadKind.FULL

    @factory.post_generation
    def registers(self: RegisterLoad, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            for register in extracted or []:
                RegisterLoadLineFactory(load=self, register=register)


class Ukm5StoreFactory(DjangoModelFactory):
    class Meta:
        model = Ukm5Store

    shop = factory.SubFactory(ShopFactory)
    code = factory.Sequence(lambda n: f"{1000 + n}")


class Ukm5TillFactory(DjangoModelFactory):
    """A till with a register of external stock control in its store's shop."""

    class Meta:
        model = Ukm5Till

    store = factory.SubFactory(Ukm5StoreFactory)
    number = factory.Sequence(lambda n: f"{n + 1}")
    register = factory.SubFactory(RegisterFactory, external=True, shop=factory.SelfAttribute("..store.shop"))


class ExchangeRuleFactory(DjangoModelFactory):
    class Meta:
        model = ExchangeRule

    name = factory.Sequence(lambda n: f"Правило {n + 1}")
    warehouse = factory.SubFactory(WarehouseFactory)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> ExchangeRule:
        """The database stamps the revision."""
        rule: ExchangeRule = super()._create(model_class, *args, **kwargs)
        rule.refresh_from_db(fields=["revision"])
        return rule


class EquipmentFactory(DjangoModelFactory):
    """Equipment of 1С:Мобильная касса with a register that fits its rule."""

    class Meta:
        model = Equipment

    class Params:
        http = factory.Trait(exchange_kind=ExchangeKind.HTTP, device_id=None)

    name = factory.Sequence(lambda n: f"Мобильная касса {n + 1}")
    rule = factory.SubFactory(ExchangeRuleFactory)
    register = factory.SubFactory(RegisterFactory, warehouse=factory.SelfAttribute("..rule.warehouse"))
    organization = factory.SelfAttribute("register.organization")
    device_id = factory.Sequence(lambda n: f"device-{n + 1}")


class PaymentOptionFactory(DjangoModelFactory):
    class Meta:
        model = PaymentOption

    equipment = factory.SubFactory(EquipmentFactory)
    code = factory.Sequence(lambda n: f"{n + 1:02d}")
    name = "Платёжная карта"


class TransactionFileFactory(DjangoModelFactory):
    """A file whose original is not in the archive."""

    class Meta:
        model = TransactionFile

    register = factory.SubFactory(RegisterFactory)
    dialect = "kkmtransfer"
    name = factory.Sequence(lambda n: f"day-{n + 1}.jsonl")
    sha256 = factory.Sequence(lambda n: f"{n + 1:064x}")
    size = 1000
    came_at = datetime(2026, 11, 20, 12, tzinfo=UTC)


class ArtixServerFactory(DjangoModelFactory):
    """Equipment of Artix that is told goods over HTTP."""

    class Meta:
        model = ArtixServer

    equipment = factory.SubFactory(
        "tests.factories.exchange.EquipmentFactory",
        exchange_kind=ExchangeKind.FOLDER,
        folder=factory.Sequence(lambda n: f"artix{n}"),
        dialect="artix",
        device_id=None,
    )
    address = "http://127.0.0.1:28080"
    shop_code = factory.Sequence(lambda n: f"{100 + n}")
    user = "admin"
    password = "secret"


class UploadSourceFactory(DjangoModelFactory):
    """A register that is fetched after each receipt; its address leads nowhere."""

    class Meta:
        model = UploadSource

    register = factory.SubFactory(RegisterFactory)
    address = "http://127.0.0.1:9"


class UploadFetchFactory(DjangoModelFactory):
    class Meta:
        model = UploadFetch

    source = factory.SubFactory(UploadSourceFactory)
    began_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    reason = "tell"
    milliseconds = 12
    packets = 1
    accepted = 1


class WebhookEndpointFactory(DjangoModelFactory):
    """An endpoint that is told of everything there is to choose."""

    class Meta:
        model = WebhookEndpoint

    name = factory.Sequence(lambda n: f"Учётная система {n + 1}")
    url = "https://example.org/hook"
    events = [event.value for event in CHOSEN_EVENTS]
    salt = factory.Sequence(lambda n: f"salt-{n + 1}")


class OutgoingMessageFactory(DjangoModelFactory):
    """A test message that is due."""

    class Meta:
        model = OutgoingMessage

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    uid = factory.Sequence(lambda n: f"msg_{n + 1}")
    key = factory.SelfAttribute("uid")
    event = EventKind.TEST
    body = '{"type":"test","timestamp":"2026-11-20T12:00:00Z","data":{}}'
    made_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    next_at = factory.SelfAttribute("made_at")


class AlertRuleFactory(DjangoModelFactory):
    """Registers that are silent for a quarter of an hour, told by e-mail."""

    class Meta:
        model = AlertRule

    name = factory.Sequence(lambda n: f"Правило оповещения {n + 1}")
    kind = AlertKind.SILENT
    threshold = 15
    emails = ["duty@example.org"]


class AlertFactory(DjangoModelFactory):
    class Meta:
        model = Alert

    rule = factory.SubFactory(AlertRuleFactory)
    subject = factory.Sequence(lambda n: f"registers.register:{n + 1}")
    params = {"register": "7 Касса", "shop": "Магазин", "since": "2026-11-20T11:00:00+00:00"}
    opened_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    seen_at = factory.SelfAttribute("opened_at")
    told_at = factory.SelfAttribute("opened_at")
