"""What a register signs in with: made, identified, rotated, revoked."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from registers.models import Register, RegisterToken
from registers.services import tokens
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterTokenFactory
from tests.registers.conftest import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def test_a_token_is_known_by_its_prefix_and_kept_as_a_digest():
    register = RegisterFactory()

    token = tokens.create(register=register, now=NOW)

    kept = RegisterToken.objects.get()
    assert token.startswith("prk_")
    assert len(token) >= 40
    assert kept.digest == tokens.digest(token)
    assert token not in str(vars(kept))


def test_a_new_token_revokes_every_earlier_one():
    register = RegisterFactory()
    RegisterTokenFactory(register=register)
    RegisterTokenFactory(register=register, unused=True)

    token = tokens.create(register=register, now=NOW)

    assert RegisterToken.objects.live().get().digest == tokens.digest(token)


def test_a_new_token_leaves_other_registers_alone():
    theirs = RegisterTokenFactory()

    tokens.create(register=RegisterFactory(), now=NOW)

    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_identify_returns_the_register_as_it_is_kept():
    made = RegisterFactory(workplace="У входа", payment_cards=False)
    RegisterTokenFactory(register=made, token="secret")

    found = tokens.identify(token="secret", now=NOW)

    kept = Register.objects.select_related("organization", "shop", "warehouse").get(pk=made.pk)
    for one, other in (
        (found, kept),
        (found.organization, kept.organization),
        (found.shop, kept.shop),
        (found.warehouse, kept.warehouse),
    ):
        columns = [field.attname for field in other._meta.concrete_fields]
        assert [getattr(one, name) for name in columns] == [getattr(other, name) for name in columns]
        assert one.get_deferred_fields() == set()
        assert one._state.adding is False


def test_identify_is_one_statement_and_asks_nothing_afterwards(django_assert_num_queries):
    RegisterTokenFactory(token="secret")

    with django_assert_num_queries(1):
        found = tokens.identify(token="secret", now=NOW)
        assert all([found.organization.name, found.shop.time_zone, found.warehouse.name])


def test_a_first_use_is_written_down_once():
    register = RegisterFactory()
    token = tokens.create(register=register, now=NOW)

    tokens.identify(token=token, now=NOW)
    tokens.identify(token=token, now=LATER)

    assert RegisterToken.objects.get().first_used_at == NOW


@pytest.mark.parametrize("token", ["", "prk_", "no such token", "\x00", "\udce4", "секрет", "x" * 100_000])
def test_identify_refuses_what_nobody_was_given(token):
    with pytest.raises(tokens.UnknownToken) as refusal:
        tokens.identify(token=token, now=NOW)

    assert (refusal.value.code, refusal.value.status) == ("unknown_token", 401)


def test_identify_refuses_a_revoked_token():
    RegisterTokenFactory(token="secret", revoked=True)

    with pytest.raises(tokens.RevokedToken) as refusal:
        tokens.identify(token="secret", now=NOW)

    assert (refusal.value.code, refusal.value.status) == ("revoked_token", 401)


def test_identify_refuses_an_inactive_register():
    RegisterTokenFactory(token="secret", register__active=False)

    with pytest.raises(tokens.RegisterInactive) as refusal:
        tokens.identify(token="secret", now=NOW)

    assert (refusal.value.code, refusal.value.status) == ("register_inactive", 401)


def test_the_old_token_works_until_the_new_one_is_first_used():
    old = RegisterTokenFactory(token="old")

    new = tokens.rotate(register=old.register, now=NOW)

    assert tokens.identify(token="old", now=NOW) == old.register
    assert tokens.identify(token=new, now=LATER) == old.register
    with pytest.raises(tokens.RevokedToken):
        tokens.identify(token="old", now=LATER)
    old.refresh_from_db()
    assert (old.revoked_at, old.revoked_by) == (LATER, None)


def test_rotating_twice_leaves_one_pending_token():
    old = RegisterTokenFactory(token="old")

    first = tokens.rotate(register=old.register, now=NOW)
    second = tokens.rotate(register=old.register, now=NOW)

    with pytest.raises(tokens.RevokedToken):
        tokens.identify(token=first, now=NOW)
    assert tokens.identify(token="old", now=NOW) == old.register
    assert RegisterToken.objects.live().filter(first_used_at=None).get().digest == tokens.digest(second)


def test_rotating_does_not_give_back_what_was_revoked():
    register = RegisterTokenFactory(revoked=True).register

    with pytest.raises(tokens.RevokedToken):
        tokens.rotate(register=register, now=NOW)

    assert not RegisterToken.objects.live().exists()


def test_revoking_ends_every_token_and_says_who_and_when():
    user = UserFactory()
    old = RegisterTokenFactory(token="old")
    new = tokens.rotate(register=old.register, now=NOW)

    revoked = tokens.revoke(register=old.register, by=user, now=LATER)

    assert revoked == 2
    assert set(RegisterToken.objects.values_list("revoked_at", "revoked_by")) == {(LATER, user.pk)}
    for token in ("old", new):
        with pytest.raises(tokens.RevokedToken):
            tokens.identify(token=token, now=LATER)


def test_revoking_again_keeps_who_was_first():
    first, second = UserFactory(), UserFactory()
    token = RegisterTokenFactory()
    tokens.revoke(register=token.register, by=first, now=NOW)

    assert tokens.revoke(register=token.register, by=second, now=LATER) == 0

    token.refresh_from_db()
    assert token.revoked_by == first


def test_the_database_lets_a_register_have_one_token_in_use():
    token = RegisterTokenFactory()

    with pytest.raises(IntegrityError, match="one_in_use_per_register"), transaction.atomic():
        RegisterTokenFactory(register=token.register)

    RegisterTokenFactory(register=token.register, unused=True)
    RegisterTokenFactory(register=token.register, revoked=True)


@pytest.mark.parametrize("change", ["create", "first_use", "revoke"])
def test_whoever_loses_access_is_announced(change, monkeypatch, django_capture_on_commit_callbacks):
    said = []
    monkeypatch.setattr("registers.services.revocations.announce", lambda registers: said.extend(registers))
    register = RegisterTokenFactory().register
    new = tokens.rotate(register=register, now=NOW)

    with django_capture_on_commit_callbacks(execute=True):
        if change == "create":
            tokens.create(register=register, now=NOW)
        elif change == "first_use":
            tokens.identify(token=new, now=NOW)
        else:
            tokens.revoke(register=register, by=UserFactory(), now=NOW)

    assert said == [register.pk]
