"""How the things of reference call themselves."""

import pytest

from retail.models import Catalogue, Constants, DocumentCounter, RoleGrant, VatRate
from tests.factories import retail as factories

pytestmark = pytest.mark.django_db


def test_everything_that_people_choose_from_a_list_says_its_name():
    assert str(factories.OrganizationFactory(name="Ромашка")) == "Ромашка"
    assert str(factories.CounterpartyFactory(name="Поставщик")) == "Поставщик"
    assert str(factories.ShopFactory(code="S1", name="Центр")) == "S1 Центр"
    assert str(factories.WarehouseFactory(name="Главный")) == "Главный"
    assert str(factories.SkuFactory(code="1", item__name="Сыр")) == "1 Сыр"
    assert str(factories.PriceFactory(amount="1.50")) == "1.50"
    assert str(VatRate.objects.get(code="none")) == "Без НДС"


def test_rows_that_people_do_not_see_say_what_they_hold():
    feed = Catalogue.objects.get()
    grant = RoleGrant.objects.first()

    assert str(feed) == f"{feed.epoch}:{feed.revision}"
    assert str(grant) == f"{grant.group_id}: {grant.permission_id}"
    assert str(DocumentCounter(kind="invoice", year=2026, last=7)) == "invoice 2026: 7"
    assert str(Constants.objects.get())


def test_a_rate_is_valid_on_the_days_it_is():
    def codes(day):
        return set(VatRate.objects.valid(on=day).values_list("code", flat=True))

    assert codes("2025-12-31") == {"20", "10", "0", "none"}
    assert codes("2026-01-01") == {"22", "10", "0", "none"}
