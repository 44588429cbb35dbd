"""How far registers have come since a load was posted."""

from datetime import UTC, datetime

import pytest

from exchange.choices import LoadProgress
from exchange.models import RegisterLoad
from exchange.services import loads
from registers.models import RegisterStatus
from retail.models import Constants
from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterStatusFactory
from tests.factories.retail import SkuFactory
from tests.stock.conftest import supply

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def post(load):
    return loads.post(load=load, by=UserFactory(), now=NOW)


def progress(load):
    return {line.register_id: (line.progress, line.percent) for line in load.lines.with_progress()}


def standing(register, load, share):
    """Note that a register has acknowledged a share of what a load asks, and was sent as much."""
    line = load.lines.get(register=register)
    goods, stock = int(line.goods_revision * share), int((line.stock_revision or 0) * share)
    RegisterStatus.objects.update_or_create(
        register=register,
        defaults={
            "load": line.sequence or 0,
            "goods_sent": goods,
            "goods_acknowledged": goods,
            "stock_sent": stock,
            "stock_acknowledged": stock,
        },
    )


@pytest.fixture
def loaded(db):
    """A posted full load of a register, whose feeds hold ten changes each."""
    register = RegisterFactory()
    supply(register.warehouse, {SkuFactory(): 1 for _sku in range(10)})
    return post(RegisterLoadFactory(registers=[register])), register


def test_a_register_that_was_never_heard_is_waited_for(loaded):
    load, register = loaded

    assert progress(load) == {register.pk: (LoadProgress.WAITING, 0)}


def test_a_draft_has_made_no_progress(db):
    register = RegisterStatusFactory(load=3, goods_acknowledged=100).register

    load = RegisterLoadFactory(registers=[register])

    assert progress(load) == {register.pk: (LoadProgress.WAITING, 0)}


def test_progress_is_what_the_register_acknowledged_of_both_feeds(loaded):
    load, register = loaded

    standing(register, load, 0.5)
    half = progress(load)
    standing(register, load, 1)
    whole = progress(load)

    assert half == {register.pk: (LoadProgress.LOADING, 50)}
    assert whole == {register.pk: (LoadProgress.ACKNOWLEDGED, 100)}


def test_what_was_sent_and_not_yet_acknowledged_is_sent(loaded):
    load, register = loaded
    standing(register, load, 1)

    RegisterStatus.objects.update(stock_acknowledged=0)

    ((state, percent),) = progress(load).values()
    assert state == LoadProgress.SENT
    assert 0 < percent < 100


def test_what_a_register_took_of_an_earlier_load_counts_nothing(loaded):
    earlier, register = loaded
    standing(register, earlier, 1)

    load = post(RegisterLoadFactory(registers=[register]))

    assert progress(load) == {register.pk: (LoadProgress.WAITING, 0)}


@pytest.mark.django_db(transaction=True)
def test_a_register_that_has_begun_a_full_load_with_stock_has_not_loaded_its_goods():
    register = RegisterFactory()
    supply(register.warehouse, {SkuFactory(): 1 for _sku in range(10)})
    standing(register, post(RegisterLoadFactory(registers=[register])), 1)

    load = post(RegisterLoadFactory(registers=[register]))
    RegisterStatus.objects.update(load=2, stock_sent=10, stock_acknowledged=10)

    ((state, percent),) = progress(load).values()
    assert state == LoadProgress.LOADING
    assert percent == 50


def test_a_load_of_changes_counts_what_the_register_had_taken_before(loaded):
    earlier, register = loaded
    standing(register, earlier, 1)

    load = post(RegisterLoadFactory(registers=[register], changes=True))

    assert progress(load) == {register.pk: (LoadProgress.ACKNOWLEDGED, 100)}


def test_where_stock_is_not_synchronized_goods_alone_are_asked(db):
    Constants.objects.update(sync_stock=False)
    register = RegisterFactory()
    supply(register.warehouse, {SkuFactory(): 1})
    load = post(RegisterLoadFactory(registers=[register]))

    standing(register, load, 1)

    assert load.lines.get().stock_revision is None
    assert progress(load) == {register.pk: (LoadProgress.ACKNOWLEDGED, 100)}


def test_loads_count_their_registers_and_those_that_are_done(loaded):
    load, register = loaded
    standing(register, load, 1)
    RegisterLoadFactory(registers=RegisterFactory.create_batch(3))
    RegisterLoadFactory()

    counted = RegisterLoad.objects.with_counts().order_by("pk")

    assert [(load.registers, load.acknowledged) for load in counted] == [(1, 1), (3, 0), (0, 0)]
