"""Joining: a code a person makes, a token a register gets for it."""

from datetime import timedelta

import pytest

from registers.models import PairingCode, RegisterStatus, RegisterToken
from registers.services import pairing, tokens
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterStatusFactory, RegisterTokenFactory
from tests.registers.conftest import NOW

pytestmark = pytest.mark.django_db

DEVICE = {"serial": "00307", "software": "Till", "version": "4.2"}


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture
def code(register):
    return pairing.issue(register=register, by=UserFactory(), now=NOW)


def test_a_code_is_two_halves_of_an_alphabet_without_lookalikes(register):
    user = UserFactory()
    codes = [pairing.issue(register=register, by=user, now=NOW) for _try in range(50)]

    assert len(set(codes)) == 50
    assert all(len(code) == 9 and code[4] == "-" for code in codes)
    assert not set("".join(codes)) & set("01OIL")


def test_only_the_digest_of_a_code_is_kept_and_who_made_it(register):
    user = UserFactory()

    code = pairing.issue(register=register, by=user, now=NOW)

    kept = PairingCode.objects.get()
    assert kept.digest == pairing.digest(code)
    assert code not in str(vars(kept))
    assert (kept.issued_by, kept.expires_at) == (user, NOW + timedelta(minutes=10))


def test_a_code_is_not_made_for_an_inactive_register():
    with pytest.raises(tokens.RegisterInactive):
        pairing.issue(register=RegisterFactory(active=False), by=UserFactory(), now=NOW)


def test_a_new_code_ends_the_earlier_ones_of_its_register(register, code):
    other = pairing.issue(register=RegisterFactory(), by=UserFactory(), now=NOW)
    newer = pairing.issue(register=register, by=UserFactory(), now=NOW)

    with pytest.raises(pairing.CodeExpired):
        pairing.pair(code=code, device=DEVICE, now=NOW)
    pairing.pair(code=other, device=DEVICE, now=NOW)
    pairing.pair(code=newer, device=DEVICE, now=NOW)


def test_pairing_gives_a_token_that_identifies_the_register(register, code):
    paired, token = pairing.pair(code=code, device=DEVICE, now=NOW)

    assert paired == register
    assert tokens.identify(token=token, now=NOW) == register


def test_pairing_returns_the_register_with_all_its_answer_needs(code, django_assert_num_queries):
    paired, _token = pairing.pair(code=code, device=DEVICE, now=NOW)

    with django_assert_num_queries(0):
        assert all([paired.organization.name, paired.shop.name, paired.warehouse.name])


def test_pairing_ends_the_device_before(register, code):
    RegisterTokenFactory(register=register, token="old")

    _register, token = pairing.pair(code=code, device=DEVICE, now=NOW)

    with pytest.raises(tokens.RevokedToken):
        tokens.identify(token="old", now=NOW)
    assert RegisterToken.objects.live().get().digest == tokens.digest(token)


def test_pairing_remembers_the_device_and_that_it_has_taken_nothing(register, code):
    RegisterStatusFactory(
        register=register, serial="old", load=3, goods_sent=9, goods_acknowledged=9, last_transaction_number=41
    )

    pairing.pair(code=code, device=DEVICE, now=NOW)

    status = RegisterStatus.objects.get()
    assert (status.serial, status.software, status.version, status.last_seen) == ("00307", "Till", "4.2", NOW)
    assert (status.load, status.goods_sent, status.goods_acknowledged) == (0, 0, 0)
    assert status.last_transaction_number == 41


@pytest.mark.parametrize(
    "typed",
    [
        "{0}",
        "{0.lower}",
        " {0} ",
        "{halves[0]}{halves[1]}",
        "{halves[0]} {halves[1]}",
        "{halves[0]}\u2013{halves[1]}",
        "{halves[0]}\u00a0-\u00a0{halves[1]}",
    ],
)
def test_a_code_is_taken_however_it_is_typed(register, code, typed):
    shown = code.lower() if "lower" in typed else typed.format(code, halves=code.split("-"))

    paired, _token = pairing.pair(code=shown, device={}, now=NOW)

    assert paired == register


def test_a_code_typed_on_a_russian_keyboard_is_read_by_its_look():
    assert pairing.canonical("аВек-мНрс") == "ABEK-MHPC"


@pytest.mark.parametrize(
    "typed", ["", "ABCD", "ABCD-EFGH-J", "ABC0-EFGH", "ABCD-EFG\x00", "ЖЖЖЖ-ЖЖЖЖ", "\udce4BCD-EFGH", "A" * 100_000]
)
def test_what_no_code_looks_like_is_unknown(typed):
    with pytest.raises(pairing.CodeUnknown):
        pairing.pair(code=typed, device=DEVICE, now=NOW)


def test_an_unknown_code_is_refused(code):
    wrong = ("A" if code[0] != "A" else "B") + code[1:]

    with pytest.raises(pairing.CodeUnknown) as refusal:
        pairing.pair(code=wrong, device=DEVICE, now=NOW)

    assert (refusal.value.code, refusal.value.status, refusal.value.attr) == ("pairing_code_unknown", 400, "code")


def test_a_code_works_up_to_ten_minutes(register, code):
    with pytest.raises(pairing.CodeExpired) as refusal:
        pairing.pair(code=code, device=DEVICE, now=NOW + timedelta(minutes=10))
    pairing.pair(code=code, device=DEVICE, now=NOW + timedelta(minutes=9, seconds=59))

    assert refusal.value.code == "pairing_code_expired"


def test_a_code_works_once(code):
    _register, token = pairing.pair(code=code, device=DEVICE, now=NOW)

    with pytest.raises(pairing.CodeUsed) as refusal:
        pairing.pair(code=code, device=DEVICE, now=NOW)

    assert refusal.value.code == "pairing_code_used"
    assert tokens.identify(token=token, now=NOW)


def test_a_register_made_inactive_meanwhile_does_not_join(register, code):
    register.active = False
    register.save()

    with pytest.raises(tokens.RegisterInactive):
        pairing.pair(code=code, device=DEVICE, now=NOW)

    assert PairingCode.objects.get().used_at is None
    assert not RegisterToken.objects.exists()


@pytest.mark.parametrize(
    ("device", "attr"),
    [
        ({"serial": "x" * 101}, "device.serial"),
        ({"version": "x" * 51}, "device.version"),
        ({"software": "Till\x00"}, "device.software"),
        ({"software": "Till\nlog line"}, "device.software"),
        ({"serial": "\ud800"}, "device.serial"),
        ({"serial": 307}, "device.serial"),
        ({"serial": ["307"]}, "device.serial"),
    ],
)
def test_a_device_that_makes_no_sense_is_refused_and_the_code_lives_on(code, device, attr):
    with pytest.raises(pairing.BadDevice) as refusal:
        pairing.pair(code=code, device=device, now=NOW)

    assert (refusal.value.code, refusal.value.status, refusal.value.attr) == ("invalid_device", 400, attr)
    assert pairing.pair(code=code, device=DEVICE, now=NOW)


@pytest.mark.parametrize("device", [{}, {"serial": None}, {"colour": "red"}])
def test_a_device_may_say_nothing_of_itself(code, device):
    pairing.pair(code=code, device=device, now=NOW)

    status = RegisterStatus.objects.get()
    assert (status.serial, status.software, status.version) == ("", "", "")


def test_what_is_kept_of_a_device_fits_its_columns():
    for name, limit in pairing._DEVICE_LIMITS.items():
        assert RegisterStatus._meta.get_field(name).max_length == limit


def test_codes_that_ended_long_ago_are_forgotten(register, code):
    pairing.issue(register=register, by=UserFactory(), now=NOW + timedelta(days=20))

    assert pairing.forget_old(now=NOW + timedelta(days=31)) == 1
    assert PairingCode.objects.get().created_at == NOW + timedelta(days=20)
