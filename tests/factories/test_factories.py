import inspect

import pytest
from factory.django import DjangoModelFactory

from retail.choices import Role
from tests.factories import billing, exchange, people, registers, retail, stock

FACTORIES = sorted(
    {
        made
        for module in (billing, exchange, people, registers, retail, stock)
        for _name, made in inspect.getmembers(module, inspect.isclass)
        if issubclass(made, DjangoModelFactory) and not made._meta.abstract  # type: ignore[attr-defined]
    },
    key=lambda made: made.__name__,
)


@pytest.mark.django_db
@pytest.mark.parametrize("made", FACTORIES, ids=lambda made: made.__name__)
def test_what_a_factory_makes_is_valid(made):
    first, second = made.create_batch(2)

    first.full_clean(validate_unique=True)
    assert first.pk != second.pk


@pytest.mark.django_db
@pytest.mark.parametrize("made", FACTORIES, ids=lambda made: made.__name__)
def test_every_trait_of_a_factory_can_be_made(made):
    traits = [name for name, declared in made._meta.parameters.items() if hasattr(declared, "overrides")]

    assert all(made.create(**{trait: True}).pk for trait in traits)


@pytest.mark.django_db
@pytest.mark.parametrize("asked", [{"role": Role.ACCOUNTANT}, {"accountant": True}])
def test_a_user_of_a_role_has_its_permissions(asked):
    user = people.UserFactory(**asked)

    assert user.has_perm("stock.change_wholesaleinvoice")
    assert not user.has_perm("retail.change_price")


@pytest.mark.django_db
def test_lines_of_a_document_are_given_by_number_or_by_sku():
    sku = retail.SkuFactory()

    three = stock.WholesaleInvoiceFactory(lines=3)
    one = stock.GoodsReceiptFactory(lines={sku: 5}, lines__price=7)

    assert [line.line for line in three.lines.order_by("line")] == [1, 2, 3]
    assert [(line.sku, line.quantity, line.price) for line in one.lines.all()] == [(sku, 5, 7)]
