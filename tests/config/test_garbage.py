"""An address with garbage in it shows the page, or refuses in words: never an error of the server."""

import itertools

import pytest
from django.contrib import admin
from django.contrib.messages import MessageFailure
from django.core.exceptions import SuspiciousOperation
from django.db import DataError, transaction
from django.urls import reverse

from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.registers import ReceiptFactory
from tests.factories.retail import BarcodeFactory, PriceFactory
from tests.factories.stock import BalanceFactory

pytestmark = pytest.mark.django_db

GARBAGE = ["\x00", "99999999999999999999", "²"]
LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)
COMMON = ["q", "p", "o", "nonsense", "pk__in"]
OWN = {"q", "o"}  # what a list searches and sorts by is its own
LOOKED_AT: set[object] = set()


def address_of(model, page="changelist"):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


@pytest.fixture
def client(client):
    """Somebody who sees everything, and lists that hold something."""
    for factory in (BarcodeFactory, PriceFactory, ReceiptFactory, BalanceFactory, RegisterLoadFactory):
        factory()
    client.raise_request_exception = False
    client.force_login(UserFactory(is_superuser=True))
    return client


@pytest.fixture
def looked_at(client, rf):
    """Look at a list as its page does, short of writing HTML; return it, and what went wrong if anything did."""
    boss = UserFactory(is_superuser=True)

    def look(page, **asked):
        request = rf.get("/admin/", asked)
        request.user, request.session = boss, {}
        listing = None
        try:
            with transaction.atomic():
                response = page.changelist_view(request)
                if listing := (getattr(response, "context_data", None) or {}).get("cl"):
                    list(listing.result_list)
                    for spec in listing.filter_specs:
                        for choice in spec.choices(listing):
                            str(choice.get("form", ""))
        except (SuspiciousOperation, DataError, OverflowError, MessageFailure):
            pass  # Refused in words by Django, by our middleware, or by a message that the session takes.
        except Exception as error:
            return listing, repr(error)
        return listing, None

    return look


def _names(listing):
    """Every name by which the address of a list is understood, with what understands it."""
    if not listing:
        return [(name, None) for name in COMMON]
    kind = type(listing)
    common = [(name, (kind, name, listing.model if name in OWN else None)) for name in COMMON]
    hierarchy = [(f"{listing.date_hierarchy}__year", (kind, "year"))] if listing.date_hierarchy else []
    filters = [
        (name, (type(spec), type(getattr(spec, "field", None)), place))
        for spec in listing.filter_specs
        for place, name in enumerate(spec.expected_parameters())
    ]
    return [*common, *hierarchy, *filters]


def mixed(names):
    return dict(zip(names, itertools.cycle(GARBAGE), strict=False))


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_a_list_takes_any_address(client, looked_at, model):
    page, address = admin.site._registry[model], address_of(model)
    listing, _said = looked_at(page)
    names = _names(listing)

    # One by one, as one bad parameter may hide another; but what understands it has to show it in one list only.
    fresh = [(name, by) for name, by in names if by is None or by not in LOOKED_AT]
    LOOKED_AT.update(by for _name, by in fresh)
    wrong = {
        (name, value): said
        for name, _by in fresh
        for value in GARBAGE[:2]
        if (said := looked_at(page, **{name: value})[1])
    }

    assert wrong == {}
    assert client.get(address, mixed([name for name, _by in names]), follow=True).status_code < 500


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_a_form_takes_any_address(client, model):
    """What the address says is what the form of a new row begins with."""
    fields = [field.name for field in (*model._meta.fields, *model._meta.many_to_many) if field.editable]
    asked = mixed([*fields, "registers", "shops", "warehouse", "warehouses", "date"])

    assert client.get(address_of(model, "add"), asked).status_code < 500
