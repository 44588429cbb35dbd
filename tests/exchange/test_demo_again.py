"""Loading the demonstration a second time, after an interruption, or where somebody else's data is."""

import hashlib
import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from exchange.services.demo import chain, handout, history, people, tills
from exchange.services.demo.history import _openings
from registers.models import KkmTransaction, Register, RegisterToken, Shift
from registers.services import tokens
from retail.choices import TimeZone
from retail.models import Barcode, Item, Organization, Price, Sku
from stock.models import Balance, DocumentLine, StockDocument
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, OrganizationFactory, ShopFactory

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
APPS = ("auth", "retail", "registers", "stock", "exchange")

many_transactions = pytest.mark.django_db(transaction=True)


def counts():
    return {
        model._meta.label: model._default_manager.count()
        for app in APPS
        for model in apps.get_app_config(app).get_models()
    }


def begin_codes():
    """Have the sequence of SKU codes begin anew, as it does in a new database."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER SEQUENCE retail_sku_code RESTART")


def fingerprint():
    """Sum up what the chain is about: everything that has no right to be random."""
    rows = [
        *Item.objects.order_by("article").values_list("article", "name", "group__name", "vat_rate__code"),
        *Sku.objects.order_by("code").values_list("code", "name", "plu"),
        *Barcode.objects.order_by("value").values_list("value", "sku__code"),
        *Price.objects.order_by("sku__code", "price_type__name", "valid_from").values_list("sku__code", "amount"),
        *StockDocument.objects.order_by("kind", "number", "organization__inn").values_list("number", "date", "state"),
        *DocumentLine.objects.order_by("document_id", "line").values_list("line", "sku__code", "quantity", "price"),
        *Balance.objects.order_by("warehouse_id", "sku__code").values_list("sku__code", "on_hand", "sold", "revision"),
        *KkmTransaction.objects.order_by("register__number", "number").values_list("number", "uid", "body_hash"),
    ]
    return hashlib.sha256(
        repr([tuple(map(str, row[:2])) + tuple(map(_plain, row[2:])) for row in rows]).encode()
    ).hexdigest()


def _plain(value):
    return bytes(value).hex() if isinstance(value, memoryview) else str(value)


# The chain


@many_transactions
def test_a_second_load_changes_nothing(tmp_path):
    path = tmp_path / "demo.json"
    call_command("load_demo", write=str(path), url="http://one", wait_url="http://one:1")
    before, told = counts(), json.loads(path.read_text())

    call_command("load_demo", write=str(path), url="http://two", wait_url="http://two:1")

    again = json.loads(path.read_text())
    assert counts() == before
    assert again == {**told, "url": "http://two", "wait_url": "http://two:1"}


@many_transactions
def test_the_same_clock_makes_the_same_chain():
    begin_codes()
    chain.load(now=NOW)
    first = fingerprint()
    call_command("flush", interactive=False, verbosity=0)
    begin_codes()

    chain.load(now=NOW)

    assert fingerprint() == first


@many_transactions
@pytest.mark.parametrize("step", ["supply.sell_wholesale", "history.make"])
def test_an_interrupted_load_is_finished_by_the_next_with_the_clock_it_began_with(monkeypatch, step):
    module, name = step.split(".")
    with monkeypatch.context() as patch:
        patch.setattr(getattr(chain, module), name, _interrupted)
        with pytest.raises(KeyboardInterrupt):
            chain.load(now=NOW)

    finished = chain.load(now=NOW + timedelta(days=3))

    assert finished.made
    assert not chain.load(now=NOW).made
    assert StockDocument.objects.values("kind", "state").distinct().count() == 10
    assert Shift.objects.count() == 2 * len(tills.WORKING)
    assert not KkmTransaction.objects.filter(occurred_at__gt=NOW).exists()
    assert KkmTransaction.objects.filter(state="error_desk").count() == 1


def _interrupted(**arguments):
    raise KeyboardInterrupt


@many_transactions
@pytest.mark.parametrize("somebodys", [OrganizationFactory, UserFactory])
def test_a_database_that_holds_anything_is_left_as_it_is(tmp_path, somebodys):
    somebodys()
    before = counts()

    call_command("load_demo", write=str(tmp_path / "demo.json"))

    told = json.loads((tmp_path / "demo.json").read_text())
    assert counts() == before
    assert (told["logins"], told["registers"], told["skus"]) == ([], [], [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hour", "days_ago"),
    [(0, [2, 1]), (3, [1, 0]), (12, [1, 0]), (18, [1, 0])],
    ids=["before it opens", "just open", "by day", "late"],
)
def test_shifts_are_those_of_the_shops_own_days(hour, days_ago):
    register = RegisterFactory(number=1, shop=ShopFactory(time_zone=TimeZone.YEKATERINBURG))
    moment = datetime(2026, 11, 20, hour, 30, tzinfo=UTC)

    openings = _openings(register, moment)

    local_day = (moment + timedelta(hours=5)).date()
    assert [(local_day - opens.date()).days for opens in openings] == days_ago
    assert all(opens.hour == history.OPENS and opens < moment for opens in openings)


# The file


def write(path, *, fresh=None, demo=True):
    return handout.write(path=path, url="http://web", wait_url="http://wait", fresh=fresh or {}, demo=demo, now=NOW)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "var" / "demo.json"


@pytest.fixture
def register(db):
    """A register of the demonstration."""
    return RegisterFactory(number=tills.WORKING[0].number)


def test_the_file_is_its_owners_alone_and_leaves_nothing_beside_it(path, register):
    write(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["demo.json"]


def test_the_file_tells_what_it_promises(path, register):
    barcode = BarcodeFactory()
    UserFactory(username=people.ADMINISTRATOR)
    token = tokens.create(register=register, now=NOW)

    write(path, fresh={register.number: token})

    assert json.loads(path.read_text()) == {
        "url": "http://web",
        "wait_url": "http://wait",
        "logins": [{"username": "admin", "password": people.PASSWORD, "role": "Superuser"}],
        "registers": [
            {
                "number": register.number,
                "name": register.name,
                "warehouse": register.warehouse.name,
                "stock_control": "without_prompts",
                "token": token,
            }
        ],
        "ukm5": None,
        "skus": [{"sku": barcode.sku.code, "barcode": barcode.value}],
        "cards": [],
    }


def test_a_token_that_still_works_is_told_again(path, register):
    (first,) = write(path)["registers"]

    (second,) = write(path)["registers"]

    assert second == first
    assert RegisterToken.objects.count() == 1


@pytest.mark.parametrize("damage", [None, "", "{}", "[]", '{"registers": [{}]}', '{"registers": 5}', "\x00"])
def test_without_a_sensible_file_a_new_token_is_told(path, register, damage):
    write(path)
    path.unlink() if damage is None else path.write_text(damage)

    (told,) = write(path)["registers"]

    assert tokens.identify(token=told["token"], now=NOW) == register


@pytest.mark.django_db(transaction=True)
def test_a_device_that_uses_another_token_goes_on_until_the_told_one_is_used(path):
    register = RegisterFactory(number=tills.WORKING[0].number)
    devices = tokens.create(register=register, now=NOW)
    tokens.identify(token=devices, now=NOW)

    (told,) = write(path)["registers"]

    assert tokens.identify(token=devices, now=NOW) == register
    assert tokens.identify(token=told["token"], now=NOW) == register
    with pytest.raises(tokens.RevokedToken):
        tokens.identify(token=devices, now=NOW)


def test_a_register_that_a_person_has_shut_out_stays_out(path, register):
    write(path)
    tokens.revoke(register=register, by=UserFactory(), now=NOW)

    assert write(path)["registers"] == []
    path.unlink()
    assert write(path)["registers"] == []


def test_an_inactive_register_is_not_told_of(path, register):
    Register.objects.update(active=False)

    assert write(path)["registers"] == []


def test_in_somebody_elses_database_no_token_is_made(path, register):
    token = tokens.create(register=register, now=NOW)

    assert write(path, demo=False)["registers"] == []
    assert [told["token"] for told in write(path, fresh={register.number: token}, demo=False)["registers"]] == [token]
    assert write(path, demo=False)["logins"] == []
    assert RegisterToken.objects.count() == 1


def test_the_file_is_replaced_whole_or_not_at_all(path, register, monkeypatch):
    write(path)
    before = path.read_text()

    monkeypatch.setattr(handout.os, "fsync", _full_disk)
    with pytest.raises(OSError, match="full"):
        write(path)

    assert path.read_text() == before
    assert [found.name for found in path.parent.iterdir()] == ["demo.json"]


def _full_disk(descriptor):
    raise OSError("The disk is full.")


def test_an_empty_organization_is_not_the_demonstration(db):
    OrganizationFactory()

    assert chain.load(now=NOW) == chain.Loaded(demo=False, made=False, tokens={})
    assert Organization.objects.count() == 1
