"""A device that asks twice at the same moment: real threads on PostgreSQL, and a test that these see a lost lock."""

import time

import pytest
from django.utils import timezone

from exchange.models import DeviceState, PriceTransfer
from exchange.services.equipment_service import posting, transfers
from registers.models import KkmTransaction
from stock.models import Balance
from tests.exchange import equipment as es
from tests.exchange.equipment_till import build_lists
from tests.exchange.rules import priced
from tests.exchange.test_loads_at_once import at_once
from tests.factories.exchange import EquipmentFactory
from tests.factories.people import UserFactory
from tests.factories.retail import SkuFactory

pytestmark = pytest.mark.django_db(transaction=True)

A_MOMENT = 0.2


@pytest.fixture
def equipment():
    return EquipmentFactory(format_version=3003)


@pytest.fixture
def slow_beginning(monkeypatch):
    """Let every list that is begun wait for a moment before it is committed."""
    begin = transfers._begin

    def begin_and_sleep(*args, **kwargs):
        made = begin(*args, **kwargs)
        time.sleep(A_MOMENT)
        return made

    monkeypatch.setattr(transfers, "_begin", begin_and_sleep)


def prepare(equipment):
    return transfers.prepare(equipment=equipment, full=False, now=timezone.now())[0].uid


def test_a_device_that_asks_twice_at_once_gets_one_list(equipment, slow_beginning):
    uids = at_once(*[lambda: prepare(equipment)] * 3)

    assert len(set(uids)) == 1


def test_without_the_lock_it_would_get_several(equipment, slow_beginning, monkeypatch):
    state = DeviceState.objects.create(equipment=equipment)
    monkeypatch.setattr(transfers, "_lock", lambda equipment: state)

    at_once(*[lambda: prepare(equipment)] * 3)

    assert PriceTransfer.objects.count() > 1


def test_two_questions_at_once_take_two_packages(equipment):
    equipment.rule.package_size = 1
    equipment.rule.save()
    for _ in range(2):
        priced(equipment.rule)
    uid = prepare(equipment)
    build_lists()

    handed = at_once(*[lambda: transfers.hand_out(equipment=equipment, uid=uid, restart=False, now=timezone.now())] * 2)

    assert sorted(package.number for package in handed) == [1, 2]


def test_a_list_is_built_by_one_of_two_workers(equipment):
    prepare(equipment)
    [transfer_id] = transfers.due(now=timezone.now())

    built = at_once(*[lambda: transfers.build(transfer_id=transfer_id, now=timezone.now())] * 2)

    assert sorted(built) == [False, True]


def test_a_report_that_is_posted_twice_at_once_is_taken_in_once(equipment):
    milk, by = SkuFactory(code="1001"), UserFactory()
    document = es.sale_reports(es.sale_report(es.check(), movements=es.cash()))

    def post():
        return posting.post(equipment=equipment, doc_type="SaleReports", document=document, by=by, now=timezone.now())

    posted = at_once(*[post] * 3)

    assert {type(one) for one in posted} == {posting.Posted}
    assert KkmTransaction.objects.count() == 4
    assert Balance.objects.get(sku=milk).sold == 2
