"""УКМ 5 asks whether goods may be sold: addresses and answers as the vendor describes them."""

import json
from decimal import Decimal

import pytest
from django.db import OperationalError

from exchange.api.throttles import Ukm5GuessThrottle, Ukm5Throttle
from exchange.services.ukm5 import access
from registers.choices import StockControl
from stock.models import Reservation
from stock.services.reservations import RESERVE, StockControlUnavailable, by_sku
from tests.exchange.ukm5 import GUID, Side, let_in_network
from tests.factories.exchange import Ukm5StoreFactory, Ukm5TillFactory
from tests.factories.people import UserFactory
from tests.factories.registers import NOON
from tests.factories.retail import BarcodeFactory
from tests.stock.holding import held, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings):
    let_in_network(settings)
    Ukm5Throttle.buckets.clear()
    Ukm5GuessThrottle.buckets.clear()


@pytest.fixture
def side():
    return Side()


@pytest.fixture
def milk(side):
    return stocked(side.register, 5, name="Молоко", code="10001")


def test_the_address_and_the_answer_are_the_vendors(side, milk):
    store, pos = side.till.store.code, side.till.number

    response = side.client.post(f"/ukm5/api/1.0/reservationItem/{store}/{pos}/{GUID}?sku=10001&quantity=2,5")

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert json.loads(response.content) == {"message": "Held for this receipt: 2.5."}
    assert held(side.register, milk) == Decimal("2.5")
    assert Reservation.objects.get().receipt_uid == GUID


@pytest.mark.parametrize("quantity", ["1", "1.0", "1,000", "01.00", " 1 "])
def test_a_quantity_is_written_in_many_ways(side, milk, quantity):
    assert side.post("10001", quantity)[0] == 200
    assert held(side.register, milk) == 1


@pytest.mark.parametrize(
    "quantity", ["", "0", "0,0", "-1", "1e3", "1_0", "½", "１", "1.2.3", "NaN", "1.0001", "9" * 20]
)
def test_a_quantity_that_is_none_is_refused_in_words(side, milk, quantity):
    for method in ("POST", "DELETE"):
        status, answer = side.item(method, "10001", quantity)

        assert (status, list(answer)) == (400, ["message"])
        assert answer["message"]
    assert not Reservation.objects.exists()


def test_a_refusal_is_read_aloud_by_the_cashier(side, milk, in_russian):
    status, answer = side.post("10001", "6")

    assert status == 400
    assert "Молоко" in answer["message"]
    assert "5" in answer["message"]


@pytest.mark.parametrize(("sku", "words"), [("404", "404"), ("", "sku"), ("x" * 65, "sku"), ("a\x00b", "sku")])
def test_goods_that_nobody_knows_are_refused(side, milk, sku, words):
    status, answer = side.post(sku, "1")

    assert status == 400
    assert words in answer["message"]


def test_a_barcode_is_as_good_as_an_article(side, milk):
    barcode = BarcodeFactory(sku=milk)

    assert side.post(barcode.value, "1")[0] == 200
    assert held(side.register, milk) == 1


def test_the_same_article_counts_together_and_a_change_takes_back_what_it_gave_up(side, milk):
    rival = Side(Ukm5TillFactory(store=side.till.store, register__warehouse=side.register.warehouse))
    side.post("10001", "2")
    side.post("10001", "3")

    assert side.delete("10001", "3") == (200, {"message": "Held no more: 3."})
    assert rival.post("10001", "1", guid="another")[0] == 400
    assert side.post("10001", "2")[0] == 200

    assert held(side.register, milk) == 4
    assert rival.post("10001", "1", guid="another")[0] == 200


def test_giving_up_what_is_not_held_is_no_error(side, milk):
    assert side.delete("10001", "1") == (200, {"message": "Held no more: 0."})
    assert side.delete("404", "1")[0] == 200


def test_a_guid_is_the_same_however_it_is_written(side, milk):
    side.post("10001", "1")
    side.post("10001", "1", guid=f"{{{GUID.upper()}}}")

    assert [one.receipt_uid for one in Reservation.objects.all()] == [GUID]


def test_a_till_that_nobody_has_named_is_told_so(side, milk):
    for named in ({"store": "404"}, {"pos": "404"}, {"store": "Магазин №1"}, {"pos": "a\x00b"}):
        status, answer = side.post("10001", "1", **named)

        assert status == 400
        assert "does not know till" in answer["message"]


def test_a_store_may_go_by_its_inner_code(side, milk):
    side.till.store.inner_code = "guid-of-store"
    side.till.store.save()

    assert side.post("10001", "1", store="guid-of-store")[0] == 200


def test_a_register_that_is_not_to_ask_or_not_active_is_refused(side, milk):
    side.register.stock_control = StockControl.NONE
    side.register.save()
    assert side.post("10001", "1")[0] == 400

    side.register.stock_control, side.register.active = StockControl.EXTERNAL, False
    side.register.save()
    status, answer = side.post("10001", "1")
    assert (status, answer["message"]) == (
        400,
        "The register is not active: a merchandiser switches it on in the back office.",
    )


def test_trouble_of_ours_is_500_with_words(side, milk, monkeypatch):
    def away(_seconds, **_params):
        raise OperationalError("lock timeout")

    monkeypatch.setattr(RESERVE, "rows_within", away)
    status, answer = side.post("10001", "1")
    assert (status, list(answer)) == (500, ["message"])

    def broken(**_params):
        raise ZeroDivisionError

    monkeypatch.setattr(by_sku, "hold_less", broken)
    assert side.delete("10001", "1") == (500, {"message": "The back office could not do it: try once more."})


def test_busy_is_500_and_the_same_call_may_be_repeated(side, milk, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(by_sku, "hold_more", lambda **_params: (_ for _ in ()).throw(StockControlUnavailable()))
        assert side.post("10001", "1")[0] == 500

    assert side.post("10001", "1")[0] == 200
    assert held(side.register, milk) == 1


def test_other_methods_and_addresses_are_refused_in_json(side):
    path = f"/api/1.0/reservationItem/{side.till.store.code}/{side.till.number}/{GUID}"

    assert side.call("GET", path)[0] == 405
    assert side.call("POST", "/api/1.0/reservationItem/1/2")[0] == 404
    assert side.call("POST", "/api/2.0/nothing")[0] == 404


def test_a_till_gone_wild_is_held_back(side, milk, monkeypatch):
    monkeypatch.setattr(Ukm5Throttle.buckets, "take", lambda key, at: 1.5)

    assert side.post("10001", "1")[0] == 429


class TestWhoIsLetIn:
    def test_nobody_unless_settings_say_so(self, side, milk, settings):
        settings.UKM5_ACCESS = "off"

        assert side.post("10001", "1")[0] == 404
        assert not Reservation.objects.exists()

    @pytest.mark.parametrize(
        ("address", "status"), [("10.0.0.255", 200), ("10.0.1.1", 403), ("::ffff:10.0.0.1", 200), ("::1", 403)]
    )
    def test_a_network_is_let_in_and_no_other(self, side, milk, address, status):
        assert Side(side.till, address=address).post("10001", "1")[0] == status

    def test_a_secret_is_of_no_use_where_the_network_decides(self, side, milk):
        secret = access.make_secret(store=side.till.store, by=UserFactory(), now=NOON)

        assert Side(side.till, secret=secret).post("10001", "1")[0] == 404

    def test_by_its_secret_a_store_speaks_for_itself_and_no_other(self, side, milk, settings):
        settings.UKM5_ACCESS = "secret"
        secret = access.make_secret(store=side.till.store, by=UserFactory(), now=NOON)
        other = access.make_secret(store=Ukm5StoreFactory(), by=UserFactory(), now=NOON)

        assert Side(side.till, secret=secret).post("10001", "1")[0] == 200
        assert Side(side.till, secret=other).post("10001", "1")[0] == 400
        assert Side(side.till, secret="uk5_guess").post("10001", "1")[0] == 403
        assert side.post("10001", "1")[0] == 404
        assert held(side.register, milk) == 1

    def test_who_guesses_is_made_to_wait(self, side, settings):
        settings.UKM5_ACCESS = "secret"

        answers = [Side(side.till, secret=f"uk5_{guess}").post("10001", "1")[0] for guess in range(40)]

        assert (answers[:30], answers[-1]) == ([403] * 30, 429)
        assert Side(side.till, secret="uk5_guess", address="10.0.0.9").post("10001", "1")[0] == 403

    def test_a_new_secret_ends_the_old_one_and_revoking_ends_both(self, side, milk, settings):
        settings.UKM5_ACCESS = "secret"
        first = access.make_secret(store=side.till.store, by=UserFactory(), now=NOON)
        second = access.make_secret(store=side.till.store, by=UserFactory(), now=NOON)

        assert Side(side.till, secret=first).post("10001", "1")[0] == 403
        assert Side(side.till, secret=second).post("10001", "1")[0] == 200
        assert access.revoke_secret(store=side.till.store)
        assert not access.revoke_secret(store=side.till.store)
        assert Side(side.till, secret=second).post("10001", "1")[0] == 403

    def test_the_secret_is_in_no_line_of_the_log(self, side, milk, settings, caplog):
        settings.UKM5_ACCESS = "secret"
        secret = access.make_secret(store=side.till.store, by=UserFactory(), now=NOON)

        with caplog.at_level("INFO"):
            Side(side.till, secret=secret).post("10001", "1")

        assert "/ukm5/…/api/1.0/reservationItem" in caplog.text
        assert secret not in caplog.text


class TestGarbage:
    """Whatever stands in an address, the answer is the vendor's and no trouble of ours."""

    @pytest.mark.parametrize(
        "place", ["%00/%00/%00", "%ff/%fe/%fd", "../1/2", "1/2/" + "x" * 5000, "%F0%9F%92%A9/1/" + GUID, "1/2/%0a"]
    )
    def test_is_no_trouble_of_ours(self, side, place, settings):
        settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
        path = f"/api/1.0/reservationItem/{side.till.store.code}/{side.till.number}/{GUID}?a=1&b=2&c=3"
        assert side.call("POST", path)[0] == 400

        status, _answer = side.call("POST", f"/api/1.0/reservationItem/{place}?sku=%ff%00&quantity=%ff")

        assert status in (400, 404)


def test_a_question_takes_few_statements_however_long_the_receipt(side, milk, django_assert_max_num_queries):
    for place in range(20):
        other = stocked(side.register, 5, code=f"2{place:04}")
        side.post(other.code, "1")

    with django_assert_max_num_queries(10):
        side.post("10001", "1")
    with django_assert_max_num_queries(12):
        side.delete("10001", "1")
    with django_assert_max_num_queries(12):
        side.post("10001", "2")
