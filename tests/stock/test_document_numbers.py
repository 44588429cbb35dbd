"""Numbers and dates of documents: one series for each kind, organization and year, and years that make sense."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from retail.fields import FARTHEST_AHEAD, FIRST_DAY
from stock.models import WholesaleInvoice
from stock.services import documents
from tests.factories.retail import CounterpartyFactory, OrganizationFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import GoodsReceiptFactory, WholesaleInvoiceFactory
from tests.stock.conftest import NOW, invoice, supply
from tests.stock.test_documents_admin import signed_in, typed

pytestmark = pytest.mark.django_db

SAME_NUMBER = "stock_stockdocument_number_once_per_kind_organization_and_year"


def refused(name: str):
    return pytest.raises(IntegrityError, check=lambda error: error.__cause__.diag.constraint_name == name)


@pytest.fixture
def taken() -> WholesaleInvoice:
    return WholesaleInvoiceFactory(number="000007")


def test_a_number_is_used_once_in_its_series(taken):
    with refused(SAME_NUMBER):
        WholesaleInvoiceFactory(warehouse=taken.warehouse, number="000007", date=taken.date + timedelta(days=1))


def test_other_kinds_organizations_and_years_have_series_of_their_own(taken):
    GoodsReceiptFactory(warehouse=taken.warehouse, number="000007")
    WholesaleInvoiceFactory(number="000007")
    WholesaleInvoiceFactory(warehouse=taken.warehouse, number="000007", date=taken.date.replace(year=2027))

    assert WholesaleInvoice.objects.filter(number="000007").count() == 3


def test_a_year_begins_when_it_begins_where_we_are(taken):
    eve = datetime(2026, 12, 31, 20, 59, tzinfo=UTC)  # 23:59 in Moscow.
    midnight = datetime(2026, 12, 31, 21, 0, tzinfo=UTC)

    WholesaleInvoiceFactory(warehouse=taken.warehouse, number="000007", date=midnight)
    with refused(SAME_NUMBER), transaction.atomic():
        WholesaleInvoiceFactory(warehouse=taken.warehouse, number="000007", date=eve)

    warehouse = WarehouseFactory(organization=OrganizationFactory())
    numbered = [
        documents.draft_wholesale_invoice(warehouse=warehouse, customer=CounterpartyFactory(), date=at, lines=[]).number
        for at in (eve, midnight, eve)
    ]
    assert numbered == ["000001", "000001", "000002"]


@pytest.mark.django_db(transaction=True)
def test_without_the_counters_lock_the_database_still_refuses_a_number_given_twice(monkeypatch):
    """The counter gives each number once; were it wrong, no two documents would get the same."""
    monkeypatch.setattr("retail.services.numbering.next_number", lambda **series: "000001")
    warehouse = WarehouseFactory()
    invoice(warehouse, {})

    with refused(SAME_NUMBER):
        invoice(warehouse, {})


@pytest.mark.parametrize(
    "date",
    [datetime(1, 1, 1, tzinfo=UTC), datetime(1999, 12, 31, 23, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)],
)
def test_a_date_that_makes_no_sense_is_refused_kindly(date):
    with pytest.raises(ValidationError, match="misprint"):
        documents.draft_wholesale_invoice(
            warehouse=WarehouseFactory(), customer=CounterpartyFactory(), date=date, lines=[]
        )


def test_dates_from_the_year_2000_to_a_year_ahead_are_taken():
    for date in (FIRST_DAY, timezone.now() + FARTHEST_AHEAD - timedelta(minutes=1)):
        draft = documents.draft_wholesale_invoice(
            warehouse=WarehouseFactory(), customer=CounterpartyFactory(), date=date, lines=[]
        )
        assert draft.number


def test_a_draft_is_not_moved_to_a_date_that_makes_no_sense():
    draft = invoice(WarehouseFactory(), {})
    draft.date = NOW.replace(year=9999)

    with pytest.raises(ValidationError):
        documents.save_draft(document=draft)


# The forms of documents


@pytest.fixture
def accountant(client):
    verbs = ("view", "add", "change")
    kinds = ("wholesaleinvoice", "stockcount")
    return signed_in(client, *(f"{verb}_{kind}" for verb in verbs for kind in kinds))


@pytest.mark.parametrize("day", ["01.01.0001", "31.12.9999", "31.12.1999", "01.13.2026", "x", "\x00"])
@pytest.mark.usefixtures("in_russian")
def test_a_date_typed_wrong_is_shown_as_an_error(client, accountant, day):
    form = typed(WarehouseFactory(), CounterpartyFactory(), [("", SkuFactory(), "1", "1", False)]) | {"date_0": day}

    response = client.post(reverse("admin:stock_wholesaleinvoice_add"), form)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["date"]


@pytest.mark.parametrize("key", ["abc", "\x00", "-1", "1.5", "9" * 30, "٣", "1' OR 1=1", "<b>"])
@pytest.mark.parametrize("field", ["lines-0-sku", "warehouse", "customer"])
def test_what_is_no_key_is_an_error_of_its_field(client, accountant, field, key):
    form = typed(WarehouseFactory(), CounterpartyFactory(), [("", SkuFactory(), "1", "1", False)]) | {field: key}

    response = client.post(reverse("admin:stock_wholesaleinvoice_add"), form)

    assert response.status_code == 200
    errors = response.context["inline_admin_formsets"][0].formset.errors[0] | response.context["adminform"].form.errors
    assert errors[field.removeprefix("lines-0-")]
    assert not WholesaleInvoice.objects.exists()


@pytest.mark.parametrize("key", ["abc", "\x00", "9" * 30])
def test_what_is_no_sku_is_an_error_in_a_draft_that_is_there(client, accountant, key):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 5})
    draft = invoice(warehouse, {bread: 1})
    line = draft.lines.get()
    form = typed(warehouse, draft.customer, [(line.pk, bread, "1", "1", False)], initial=1) | {"lines-0-sku": key}

    response = client.post(reverse("admin:stock_wholesaleinvoice_change", args=[draft.pk]), form)

    assert response.status_code == 200
    assert response.context["inline_admin_formsets"][0].formset.errors[0]["sku"]
