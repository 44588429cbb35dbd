"""Devices and people at the same moment around one code: real threads on PostgreSQL."""

import threading

import pytest

from registers.models import PairingCode, Register, RegisterToken
from registers.services import pairing, tokens
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterTokenFactory
from tests.registers.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 8


def test_of_many_devices_with_one_code_one_wins(at_once):
    register = RegisterFactory()
    code = pairing.issue(register=register, by=UserFactory(), now=NOW)

    answers = at_once(
        *(lambda serial=serial: pairing.pair(code=code, device={"serial": serial}, now=NOW) for serial in "12345678")
    )

    winners = [answer for answer in answers if isinstance(answer, tuple)]
    losers = [answer for answer in answers if not isinstance(answer, tuple)]
    assert len(winners) == 1
    assert {type(loser) for loser in losers} == {pairing.CodeUsed}
    assert RegisterToken.objects.get().digest == tokens.digest(winners[0][1])
    register.refresh_from_db()
    assert register.status.serial == "12345678"[answers.index(winners[0])]


def test_that_test_would_see_a_code_read_before_it_is_claimed(at_once):
    code = pairing.issue(register=RegisterFactory(), by=UserFactory(), now=NOW)
    read = threading.Barrier(DEVICES, timeout=10)

    def careless():
        found = PairingCode.objects.get(digest=pairing.digest(code))
        read.wait()
        if found.used_at:
            raise pairing.CodeUsed
        found.used_at = NOW
        found.save()
        return found

    answers = at_once(*[careless] * DEVICES)

    assert len([answer for answer in answers if isinstance(answer, PairingCode)]) == DEVICES


def test_codes_made_at_once_leave_one_alive(at_once):
    register, user = RegisterFactory(), UserFactory()

    codes = at_once(*[lambda: pairing.issue(register=register, by=user, now=NOW)] * DEVICES)

    alive = PairingCode.objects.filter(used_at=None, expires_at__gt=NOW)
    assert alive.get().digest in {pairing.digest(code) for code in codes}


def test_that_test_would_see_codes_made_without_the_lock(at_once, monkeypatch):
    register, user = RegisterFactory(), UserFactory()
    meeting = threading.Barrier(DEVICES, timeout=10)

    def meet_without_lock(*, register_id):
        found = Register.objects.get(pk=register_id)
        meeting.wait()
        return found

    monkeypatch.setattr(tokens, "lock", meet_without_lock)

    at_once(*[lambda: pairing.issue(register=register, by=user, now=NOW)] * DEVICES)

    assert PairingCode.objects.filter(used_at=None, expires_at__gt=NOW).count() > 1


def test_pairing_issuing_and_signing_in_at_once_end_without_a_deadlock(at_once):
    register = RegisterTokenFactory(token="old").register
    user = UserFactory()
    rotated = tokens.rotate(register=register, now=NOW)
    code = pairing.issue(register=register, by=user, now=NOW)

    answers = at_once(
        *[lambda: pairing.pair(code=code, device={}, now=NOW)] * 3,
        *[lambda: pairing.issue(register=register, by=user, now=NOW)] * 3,
        *[lambda: tokens.identify(token=rotated, now=NOW)] * 3,
    )

    allowed = (pairing.CodeUsed, pairing.CodeExpired, tokens.RevokedToken)
    assert all(isinstance(answer, allowed) for answer in answers if isinstance(answer, Exception))
    assert RegisterToken.objects.live().count() == 1
