"""What is done to many registers at once, and which registers are heard."""

from datetime import timedelta

import pytest
from django.db import transaction
from django_celery_beat.models import PeriodicTask

from registers import tasks
from registers.apps import declare_tasks
from registers.choices import StockControl
from registers.models import PairingCode, Register
from registers.services import registers
from tests.factories.registers import PairingCodeFactory, RegisterFactory, RegisterStatusFactory
from tests.registers.conftest import NOW


def pks(*rows):
    return [row.pk for row in rows]


@pytest.fixture
def announced(monkeypatch):
    said = []
    monkeypatch.setattr("registers.services.revocations.announce", said.append)
    return said


@pytest.mark.django_db
def test_only_registers_of_another_mode_are_changed(announced, django_capture_on_commit_callbacks):
    already, other, left_alone = RegisterFactory(external=True), RegisterFactory(), RegisterFactory()

    with django_capture_on_commit_callbacks(execute=True):
        changed = registers.set_stock_control(registers=pks(already, other), mode=StockControl.EXTERNAL)

    left_alone.refresh_from_db()
    assert (changed, announced) == (1, [[other.pk]])
    assert left_alone.stock_control == StockControl.WITHOUT_PROMPTS


@pytest.mark.django_db
def test_a_register_made_inactive_is_forgotten_by_long_polls(announced, django_capture_on_commit_callbacks):
    register, inactive = RegisterFactory(), RegisterFactory(active=False)

    with django_capture_on_commit_callbacks(execute=True):
        changed = registers.deactivate(registers=pks(register, inactive))

    assert (changed, announced) == (1, [[register.pk]])
    assert not Register.objects.active().exists()


@pytest.mark.django_db(transaction=True)
def test_crossed_changes_of_the_same_registers_do_not_deadlock(at_once):
    made = pks(*RegisterFactory.create_batch(12))

    answers = at_once(
        *[lambda: registers.deactivate(registers=made)] * 3,
        *[lambda: registers.set_stock_control(registers=reversed(made), mode=StockControl.EXTERNAL)] * 3,
    )

    assert sorted(answers) == [0, 0, 0, 0, 12, 12]


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_in_order_before_any_is_changed(in_thread):
    first, second = RegisterFactory(), RegisterFactory()
    with transaction.atomic():
        Register.objects.select_for_update().get(pk=first.pk)
        change = in_thread(registers.deactivate, registers=pks(second, first))
        with pytest.raises(TimeoutError):
            change.result(timeout=0.3)
        Register.objects.select_for_update(nowait=True).get(pk=second.pk)

    assert change.result(timeout=10) == 2


@pytest.mark.django_db
def test_a_register_is_heard_or_silent_or_was_never_heard():
    heard = RegisterStatusFactory(last_seen=NOW).register
    silent = RegisterStatusFactory(last_seen=NOW - timedelta(minutes=3)).register
    never = RegisterStatusFactory(last_seen=None).register
    unknown = RegisterFactory()
    since = NOW - timedelta(minutes=2)

    assert set(Register.objects.heard(since=since)) == {heard}
    assert set(Register.objects.silent(since=since)) == {silent}
    assert set(Register.objects.unheard()) == {never, unknown}


@pytest.mark.django_db
def test_old_codes_are_forgotten_by_a_task_that_runs_every_day():
    PairingCodeFactory(created_at=NOW - timedelta(days=4000))
    PeriodicTask.objects.filter(name="Forget old pairing codes").delete()

    declare_tasks()
    tasks.pairing_forget_old()

    assert PeriodicTask.objects.get(name="Forget old pairing codes").task == tasks.pairing_forget_old.name
    assert not PairingCode.objects.exists()
