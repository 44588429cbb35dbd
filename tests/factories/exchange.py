"""What others hear: register loads; the stores and tills of УКМ 5."""

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from exchange.choices import LoadKind
from exchange.models import RegisterLoad, RegisterLoadLine, Ukm5Store, Ukm5Till
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory, ShopFactory


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
