"""Registers and people change tokens at the same moment: real threads, and tests that these tests see a lost lock."""

import threading

import pytest
from django.db import transaction

from registers.models import Register, RegisterToken
from registers.services import tokens
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterTokenFactory
from tests.registers.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8
A_MOMENT = 0.3


@pytest.fixture
def no_lock(monkeypatch):
    """Take away the lock of the register's row."""
    monkeypatch.setattr(tokens, "lock", lambda *, register_id: Register.objects.get(pk=register_id))


def pending():
    return RegisterToken.objects.live().filter(first_used_at=None).count()


def test_first_uses_at_once_all_get_in_and_the_old_token_ends_once(at_once):
    old = RegisterTokenFactory(token="old")
    new = tokens.rotate(register=old.register, now=NOW)

    answers = at_once(*[lambda: tokens.identify(token=new, now=NOW)] * THREADS)

    assert answers == [old.register] * THREADS
    assert RegisterToken.objects.live().get().digest == tokens.digest(new)


def test_the_old_and_the_new_token_at_once_never_fail_for_the_new(at_once):
    old = RegisterTokenFactory(token="old")
    new = tokens.rotate(register=old.register, now=NOW)

    answers = at_once(
        *[lambda: tokens.identify(token="old", now=NOW)] * 4, *[lambda: tokens.identify(token=new, now=NOW)] * 4
    )

    assert answers[4:] == [old.register] * 4
    assert all(answer == old.register or isinstance(answer, tokens.RevokedToken) for answer in answers[:4])


def test_rotations_at_once_leave_one_pending_token(at_once):
    register = RegisterTokenFactory().register

    at_once(*[lambda: tokens.rotate(register=register, now=NOW)] * THREADS)

    assert pending() == 1


def test_that_test_would_see_rotations_without_the_lock(at_once, no_lock, monkeypatch):
    register = RegisterTokenFactory().register
    meeting = threading.Barrier(THREADS, timeout=10)
    add = tokens._add_pending

    def meet_and_add(*args):
        meeting.wait()
        return add(*args)

    monkeypatch.setattr(tokens, "_add_pending", meet_and_add)

    at_once(*[lambda: tokens.rotate(register=register, now=NOW)] * THREADS)

    assert pending() == THREADS


def first_use_during_a_revocation(in_thread):
    """Let a token be used for the first time while a person's revocation is not yet committed; return the outcome."""
    old = RegisterTokenFactory()
    new = tokens.rotate(register=old.register, now=NOW)
    with transaction.atomic():
        tokens.revoke(register=old.register, by=UserFactory(), now=NOW)
        first_use = in_thread(tokens.identify, token=new, now=NOW)
        with pytest.raises(TimeoutError):
            first_use.result(timeout=A_MOMENT)
    return first_use.exception(timeout=10)


def test_a_first_use_waits_for_a_revocation_and_is_refused(in_thread):
    assert isinstance(first_use_during_a_revocation(in_thread), tokens.RevokedToken)


def test_that_test_would_see_a_first_use_without_the_lock(in_thread, no_lock):
    assert first_use_during_a_revocation(in_thread) is None


def test_a_rotation_during_a_revocation_gives_nothing(in_thread):
    register = RegisterTokenFactory().register
    with transaction.atomic():
        tokens.revoke(register=register, by=UserFactory(), now=NOW)
        rotation = in_thread(tokens.rotate, register=register, now=NOW)
        with pytest.raises(TimeoutError):
            rotation.result(timeout=A_MOMENT)

    assert isinstance(rotation.exception(timeout=10), tokens.RevokedToken)
    assert not RegisterToken.objects.live().exists()


def test_a_first_use_of_an_older_token_never_ends_a_newer_one(in_thread):
    """A till that was re-paired while its old rotated token was on the way keeps the pairing's token."""
    old = RegisterTokenFactory()
    rotated = tokens.rotate(register=old.register, now=NOW)
    with transaction.atomic():
        paired = tokens.create(register=old.register, now=NOW)
        late = in_thread(tokens.identify, token=rotated, now=NOW)
        with pytest.raises(TimeoutError):
            late.result(timeout=A_MOMENT)

    assert isinstance(late.exception(timeout=10), tokens.RevokedToken)
    assert tokens.identify(token=paired, now=NOW) == old.register


def test_everything_at_once_ends_without_a_deadlock(at_once):
    register = RegisterTokenFactory(token="old").register
    new = tokens.rotate(register=register, now=NOW)
    user = UserFactory()

    answers = at_once(
        *[lambda: tokens.identify(token="old", now=NOW)] * 2,
        *[lambda: tokens.identify(token=new, now=NOW)] * 2,
        *[lambda: tokens.rotate(register=register, now=NOW)] * 2,
        *[lambda: tokens.create(register=register, now=NOW)] * 2,
        lambda: tokens.revoke(register=register, by=user, now=NOW),
    )

    refusals = [answer for answer in answers if isinstance(answer, Exception)]
    assert all(isinstance(refusal, tokens.RevokedToken) for refusal in refusals)
    assert RegisterToken.objects.live().exclude(first_used_at=None).count() <= 1
    assert pending() <= 1
