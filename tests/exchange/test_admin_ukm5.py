"""The pages of УКМ 5: a merchandiser says which register a till is, and gives a store its address."""

import re

import pytest

from exchange.models import Ukm5Store, Ukm5Unclaimed
from exchange.services.ukm5 import access
from registers.models import KkmTransaction
from retail.models import Edit
from tests.exchange.ukm5 import Side, item, let_in_network
from tests.factories.exchange import Ukm5StoreFactory, Ukm5TillFactory
from tests.factories.people import UserFactory
from tests.factories.registers import NOON, RegisterFactory
from tests.factories.retail import ShopFactory
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return signed_in(UserFactory(merchandiser=True))


def form(store, *tills, **fields):
    rows = {f"tills-{place}-{name}": value for place, till in enumerate(tills) for name, value in till.items()}
    counts = {"tills-TOTAL_FORMS": len(tills), "tills-INITIAL_FORMS": 0}
    return {"shop": store.shop_id, "code": store.code, "inner_code": "", "folder": "", **counts, **rows, **fields}


def test_a_store_and_its_tills_are_named(client):
    register = RegisterFactory()
    store = Ukm5StoreFactory.build(shop=register.shop, code="77")

    client.post(page("exchange_ukm5store_add"), form(store, {"number": "3", "register": register.pk, "inner_id": ""}))

    [made] = Ukm5Store.objects.all()
    assert [(till.number, till.register) for till in made.tills.all()] == [("3", register)]
    assert {edit.model for edit in Edit.objects.filter(page_model="exchange.ukm5store")} == {
        "exchange.ukm5store",
        "exchange.ukm5till",
    }


def test_a_register_of_another_shop_is_refused(client):
    store = Ukm5StoreFactory.build(shop=ShopFactory(), code="77")

    response = client.post(
        page("exchange_ukm5store_add"), form(store, {"number": "3", "register": RegisterFactory().pk, "inner_id": ""})
    )

    assert "This register stands in another shop." in response.content.decode()
    assert not Ukm5Store.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"inner_code": "taken"}, "Another store is called so already."),
        ({"code": "taken"}, "Another store is called so already."),
        ({"folder": "../etc"}, "The name of one folder, without slashes."),
        ({"folder": ".."}, "The name of one folder, without slashes."),
    ],
)
def test_what_would_lead_astray_is_refused(client, fields, said):
    Ukm5StoreFactory(code="1", inner_code="taken")
    store = Ukm5StoreFactory.build(shop=ShopFactory(), code="77")

    response = client.post(page("exchange_ukm5store_add"), form(store, **fields))

    assert said in response.content.decode()


@pytest.mark.parametrize(
    ("way", "said"), [("off", "UKM5_ACCESS is off"), ("network", "from the networks"), ("secret", "make a secret")]
)
def test_the_page_says_how_the_store_is_let_in(client, settings, way, said):
    settings.UKM5_ACCESS = way

    assert said in client.get(page("exchange_ukm5store_change", Ukm5StoreFactory().pk)).content.decode()


def test_a_secret_is_shown_once(client, settings):
    settings.UKM5_ACCESS = "secret"
    store = Ukm5StoreFactory()
    asked = client.get(f"/admin/exchange/ukm5store/{store.pk}/make-secret/")

    made = client.post(f"/admin/exchange/ukm5store/{store.pk}/make-secret/")

    [secret] = set(re.findall(r"uk5_[\w-]+", made.content.decode()))
    assert "no-store" in made["Cache-Control"]
    assert "uk5_" not in asked.content.decode()
    assert access.identify(secret=secret, address="") == store
    shown = client.get(page("exchange_ukm5store_change", store.pk)).content.decode()
    assert secret not in shown
    assert "Revoke the secret" in shown
    assert "Made a secret" in {edit.note for edit in Edit.objects.all()}
    assert secret not in str([edit.changes for edit in Edit.objects.all()])


def test_a_secret_is_revoked_after_asking(client):
    store = Ukm5StoreFactory()
    access.make_secret(store=store, by=UserFactory(), now=NOON)
    client.get(f"/admin/exchange/ukm5store/{store.pk}/revoke-secret/")
    assert Ukm5Store.objects.get().digest

    client.post(f"/admin/exchange/ukm5store/{store.pk}/revoke-secret/")

    assert Ukm5Store.objects.get().digest is None
    assert "Revoke the secret" not in client.get(page("exchange_ukm5store_change", store.pk)).content.decode()


def test_who_may_only_look_makes_no_secret():
    store = Ukm5StoreFactory()

    response = signed_in(UserFactory(operator=True)).post(f"/admin/exchange/ukm5store/{store.pk}/make-secret/")

    assert response.status_code in (302, 403)
    assert Ukm5Store.objects.get().digest is None


class TestUnclaimed:
    @pytest.fixture(autouse=True)
    def _told(self, settings):
        let_in_network(settings)
        settings.UKM5_ACCESS = "network"
        self.side = Side()
        self.side.push(self.side.receipt(item("404"), posNumber=88), 7)

    def test_what_waits_is_shown_as_it_came(self, client):
        [number, told] = Ukm5Unclaimed.objects.order_by("store_code")

        listed = client.get(page("exchange_ukm5unclaimed_changelist") + "?state=waiting").content.decode()
        shown = client.get(page("exchange_ukm5unclaimed_change", told.pk)).content.decode()

        assert listed.count("Waiting for its till") >= 2
        assert "RECEIPT_GUID" in shown
        assert client.get(page("exchange_ukm5unclaimed_change", number.pk)).status_code == 200

    def test_it_is_taken_in_by_hand_after_asking(self, client):
        Ukm5TillFactory(store=self.side.till.store, number="88")
        chosen = list(Ukm5Unclaimed.objects.values_list("pk", flat=True))
        asked = client.post(
            page("exchange_ukm5unclaimed_changelist"), {"action": "take_in", "_selected_action": chosen}
        )
        assert "Take these messages in" in asked.content.decode()
        assert not KkmTransaction.objects.exists()

        done = client.post(
            page("exchange_ukm5unclaimed_changelist"),
            {"action": "take_in", "_selected_action": chosen, "confirmed": "1"},
            follow=True,
        )

        assert "1 message taken in." in done.content.decode()
        assert "name it first" in done.content.decode()
        assert KkmTransaction.objects.count() == 1
        assert "Taken in" in client.get(page("exchange_ukm5unclaimed_changelist") + "?state=claimed").content.decode()

    def test_naming_the_till_takes_it_in(self, client, django_capture_on_commit_callbacks):
        register = RegisterFactory(shop=self.side.till.store.shop)
        store = self.side.till.store
        rows = {
            "tills-TOTAL_FORMS": 2, "tills-INITIAL_FORMS": 1,
            "tills-0-id": self.side.till.pk, "tills-0-store": store.pk, "tills-0-number": self.side.till.number,
            "tills-0-register": self.side.register.pk, "tills-0-inner_id": "",
            "tills-1-store": store.pk, "tills-1-number": "88", "tills-1-register": register.pk, "tills-1-inner_id": "",
        }  # fmt: skip

        with django_capture_on_commit_callbacks(execute=True):
            client.post(page("exchange_ukm5store_change", store.pk), {**form(store), **rows})

        assert KkmTransaction.objects.get().register == register

    def test_who_may_only_look_takes_nothing_in(self):
        client = signed_in(UserFactory(operator=True))

        assert "Take in…" not in client.get(page("exchange_ukm5unclaimed_changelist")).content.decode()


def test_the_list_asks_as_much_for_many_stores_as_for_one(client, django_assert_max_num_queries):
    for _store in range(3):
        Ukm5TillFactory.create_batch(2, store=Ukm5StoreFactory())

    with django_assert_max_num_queries(12):
        shown = client.get(page("exchange_ukm5store_changelist"))

    assert shown.status_code == 200
