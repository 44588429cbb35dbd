import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from retail.models import DocumentCounter
from retail.services import numbering
from tests.factories.retail import OrganizationFactory

THREADS = 8


@pytest.mark.django_db
def test_each_kind_organization_and_year_has_its_own_numbers():
    ours, theirs = OrganizationFactory.create_batch(2)

    def take(kind="invoice", organization=ours, day=date(2026, 5, 1)):
        return numbering.next_number(kind=kind, organization=organization, date=day)

    assert [take(), take()] == ["000001", "000002"]
    assert take(kind="receipt") == take(organization=theirs) == take(day=date(2027, 1, 1)) == "000001"


@pytest.mark.django_db
def test_a_moment_belongs_to_the_year_of_the_current_time_zone(settings):
    organization = OrganizationFactory()

    numbering.next_number(kind="invoice", organization=organization, date=datetime(2026, 12, 31, 21, 30, tzinfo=UTC))

    assert DocumentCounter.objects.get().year == 2027


@pytest.mark.django_db
def test_one_number_is_one_statement(django_assert_num_queries):
    organization = OrganizationFactory()

    with django_assert_num_queries(1):
        numbering.next_number(kind="invoice", organization=organization, date=date(2026, 5, 1))


def _take_at_once(organization, take):
    """Let `THREADS` transactions take a number at the same moment and return what they got."""
    start = threading.Barrier(THREADS, timeout=10)

    def work(_):
        try:
            with transaction.atomic():
                start.wait()
                return take(organization)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(THREADS)))


def _next(organization):
    return numbering.next_number(kind="invoice", organization=organization, date=date(2026, 5, 1))


@pytest.mark.django_db(transaction=True)
def test_numbers_taken_at_once_are_all_different():
    organization = OrganizationFactory()
    _next(organization)

    numbers = _take_at_once(organization, _next)

    assert sorted(numbers) == [f"{number:06d}" for number in range(2, THREADS + 2)]


@pytest.mark.django_db(transaction=True)
def test_that_test_would_see_a_number_read_before_it_is_written():
    organization = OrganizationFactory()
    _next(organization)
    read = threading.Barrier(THREADS, timeout=10)

    def careless(organization):
        counter = DocumentCounter.objects.get(organization=organization)
        read.wait()
        counter.last += 1
        counter.save()
        return counter.last

    assert len(set(_take_at_once(organization, careless))) == 1


@pytest.mark.django_db(transaction=True)
def test_a_number_of_a_transaction_that_failed_is_given_again():
    organization = OrganizationFactory()

    transaction.set_autocommit(False)
    _next(organization)
    transaction.rollback()
    transaction.set_autocommit(True)

    assert _next(organization) == "000001"
