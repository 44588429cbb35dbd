"""УКМ 5 pushes receipts and operations with cash: each is recorded once, and the hold of a receipt ends with it."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import OperationalError

from exchange.api.throttles import Ukm5PushThrottle, Ukm5Throttle
from exchange.models import Ukm5Unclaimed
from exchange.services.ukm5 import access, taking
from registers.models import KkmTransaction, Payment, Receipt, ReceiptLine, TransactionConflict
from registers.services import reading
from retail.choices import TimeZone
from stock.models import Reservation
from stock.services import intake
from stock.services.error_desk import correct, resubmit, take_second
from tests.exchange.ukm5 import GUID, Side, item, let_in_network, roubles
from tests.factories.exchange import Ukm5StoreFactory, Ukm5TillFactory
from tests.factories.people import UserFactory
from tests.factories.registers import NOON
from tests.factories.retail import SkuFactory
from tests.retail.admin import signed_in
from tests.stock.holding import balance, held, stocked

pytestmark = pytest.mark.django_db
DONE = (200, {"result": "success"})


@pytest.fixture(autouse=True)
def _open(settings):
    let_in_network(settings)
    Ukm5Throttle.buckets.clear()
    Ukm5PushThrottle.buckets.clear()


@pytest.fixture
def side():
    return Side()


@pytest.fixture
def milk(side):
    return stocked(side.register, 5, name="Молоко", code="10001")


def states():
    return sorted(KkmTransaction.objects.values_list("kind", "state"))


def test_a_receipt_is_a_transaction_of_its_register(side, milk):
    assert side.push(side.receipt(item("10001"))) == DONE

    [told] = KkmTransaction.objects.all()
    store = side.till.store.code
    assert (told.register, told.kind, told.state, told.protocol) == (side.register, "sale", "accepted", "ukm5")
    assert (told.uid, told.number, told.shift_number) == (f"{store}_512_17_1015", 15, 12)
    assert told.occurred_at == datetime(2026, 11, 20, 7, 15, 32, tzinfo=UTC)
    assert json.loads(bytes(told.raw)) == side.receipt(item("10001"))
    receipt = Receipt.objects.get()
    assert (receipt.uid, receipt.number, receipt.total, receipt.cashier) == (GUID, 15, 198, "Лебедева Н. П.")
    [line] = ReceiptLine.objects.all()
    assert (line.sku, line.quantity, line.price, line.amount, line.vat) == (milk, 2, 99, 198, "22")
    assert [(paid.kind, paid.amount) for paid in Payment.objects.all()] == [("cash", 198)]
    assert balance(side.register, milk).sold == 2


def test_a_completed_receipt_sells_what_was_held(side, milk):
    side.post("10001", "3")

    side.push(side.receipt(item("10001")))

    hold = Reservation.objects.get()
    assert (hold.state, hold.transaction) == ("committed", KkmTransaction.objects.get())
    assert (held(side.register, milk), balance(side.register, milk).sold) == (0, 2)
    assert side.post("10001", "1")[0] == 400


@pytest.mark.parametrize("result", ["Cancelled", "Annulled", "", None])
def test_whatever_else_became_of_a_receipt_releases_what_was_held(side, milk, result):
    side.post("10001", "3")

    side.push(side.receipt(item("404", price=-1), result=result))

    assert (Reservation.objects.get().state, states()) == ("released", [("cancelled", "accepted")])
    assert (held(side.register, milk), balance(side.register, milk).sold) == (0, 0)


@pytest.mark.parametrize("kind", ["RefundOnReceipt", "RefundWOReceipt"])
def test_a_refund_brings_goods_back(side, milk, kind):
    side.push(side.receipt(item("10001"), receiptType=kind))

    assert states() == [("return", "accepted")]
    assert balance(side.register, milk).sold == -2


def test_the_same_again_is_known_and_answered_as_before(side, milk):
    for _time in range(3):
        assert side.push(side.receipt(item("10001"))) == DONE
    assert side.push(side.receipt(item("10001"), cashierName="Другая", posName="Касса 2")) == DONE

    assert states() == [("sale", "accepted")]
    assert balance(side.register, milk).sold == 2
    assert not TransactionConflict.objects.exists()


def test_another_body_under_the_same_key_is_kept_aside(side, milk):
    side.push(side.receipt(item("10001")))

    assert side.push(side.receipt(item("10001", quantity=3))) == DONE

    assert balance(side.register, milk).sold == 2
    assert TransactionConflict.objects.get().protocol == "ukm5"


def test_of_a_package_one_that_is_bad_holds_up_no_other(side, milk):
    bad = [
        side.receipt(item("10001"), number=2, guid="b", dates={}),
        side.receipt({**item("10001"), "price": "dear"}, number=3, guid="c"),
        side.receipt(item("10001"), number=4, guid="d", receiptType="Gift"),
        side.receipt(item("10001"), number=5, guid="e", items="none"),
        side.receipt(item("404"), number=6, guid="f"),
        7,
    ]

    assert (
        side.push(side.receipt(item("10001"), number=1, guid="a"), *bad, side.receipt(item("10001"), number=9)) == DONE
    )

    assert states().count(("sale", "accepted")) == 2
    assert KkmTransaction.objects.filter(state="error_desk").count() == 5
    assert [bytes(one.raw) for one in Ukm5Unclaimed.objects.all()] == [b"7"]
    codes = {problem["code"] for told in KkmTransaction.objects.all() for problem in told.problems}
    assert codes == {"bad_time", "bad_number", "unknown_kind", "unreadable", "unknown_sku"}
    assert side.push(*bad) == DONE
    assert KkmTransaction.objects.count() == 7


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"[]", b"null", b"\xff\xfe", b'{"elements": 7}', b'{"elements": [}', b'{"elements": []}',
        b"[" * 5000,
        b'{"elements": [' + b"[" * 3000, b'{"elements": [{"id": "\\ud800"}]}', b'{"elements": [{"a": NaN}, "x"]}',
        b'{"elements": [{"id": 1e999999999}]}', b'{"storeId": "\\u0000"}', b"<receipt/>",
        b'<!DOCTYPE r [<!ENTITY a "b">]><receipt>&a;</receipt>',
    ],
)  # fmt: skip
def test_garbage_is_kept_and_never_asked_for_again(side, body):
    for address in ("receipt", "moneyOperation"):
        assert side.call("POST", f"/api/v1/export/{address}", body) == DONE

    assert Ukm5Unclaimed.objects.count() == (0 if body.strip() in (b"", b'{"elements": []}') else 1 + (b"NaN" in body))


def test_a_single_receipt_without_a_list_is_taken_too(side, milk):
    assert side.call("POST", "/api/v1/export/receipt", side.receipt(item("10001"))) == DONE
    assert balance(side.register, milk).sold == 2


def test_trouble_of_ours_is_an_error_and_the_same_push_then_goes_well(side, milk, monkeypatch):
    def away(**_params):
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(intake.INTAKE, "rows", away)
        status, answer = side.push(side.receipt(item("10001")))
    assert (status, list(answer), answer["result"]) == (500, ["result", "descriprion"], "error")
    assert answer["descriprion"]

    assert side.push(side.receipt(item("10001"))) == DONE
    assert states() == [("sale", "accepted")]


def test_cash_put_in_and_taken_out_is_recorded_under_its_till(side):
    till = side.till
    till.inner_id = "17"
    till.save()

    assert side.push(side.cash(), side.cash(id=32, localNumber=4, opType="withdrawal"), to="moneyOperation") == DONE
    assert side.push(side.cash(), to="moneyOperation") == DONE

    told = KkmTransaction.objects.order_by("uid")
    assert [(one.kind, one.amount, one.state) for one in told] == [
        ("cash_in", 5000, "accepted"),
        ("cash_out", 5000, "accepted"),
    ]


def test_amounts_and_quantities_are_read_as_they_are_written(side, milk):
    line = item("10001") | {
        "totalQuantity": {"amount": 1500, "decimals": 3},
        "price": roubles("100,10"),
        "totalAmount": roubles("150.15"),
        "totalWithDiscounts": roubles(140),
        "discountAmount": roubles(10.15),
    }

    side.push(side.receipt(line, payments=[{"pType": "Card", "amount": roubles(100), "qrRequisites": {"id": 1}},
                                           {"pType": "Certificate", "amount": roubles(40)}]))  # fmt: skip

    told = ReceiptLine.objects.get()
    assert (told.quantity, told.price, told.amount, told.discount) == tuple(
        map(Decimal, ("1.5", "100.1", "140", "10.15"))
    )
    assert sorted((paid.kind, paid.amount) for paid in Payment.objects.all()) == [("gift_card", 40), ("sbp", 100)]
    assert states() == [("sale", "accepted")]


def test_a_kind_of_payment_that_is_not_known_waits_for_a_person(side, milk):
    side.push(side.receipt(item("10001"), payments=[{"pType": "Shells", "amount": roubles(198)}]))

    assert KkmTransaction.objects.get().problems[0]["code"] == "unknown_payment_kind"


def test_times_are_those_of_the_shop_also_when_read_again(side):
    side.till.store.shop.time_zone = TimeZone.VLADIVOSTOK
    side.till.store.shop.save()
    side.push(side.receipt(item("10001") | {"price": "?"}))
    told = KkmTransaction.objects.get()
    assert told.occurred_at == datetime(2026, 11, 20, 0, 15, 32, tzinfo=UTC)

    resubmit(transactions=[told.pk], by=UserFactory(), now=NOON)

    assert KkmTransaction.objects.get().problems[0]["code"] == "bad_number"


def test_the_property_is_found_in_the_shapes_it_may_have(side, milk):
    shapes = [
        [{"key": "receipt_guid", "value": "G-1"}],
        [{"id": "OTHER", "value": "x"}, {"name": "RECEIPT_GUID", "values": [{"id": "1", "name": "G-2"}]}],
        {"RECEIPT_GUID": "{G-3}"},
        [{"code": "RECEIPT_GUID", "values": ["G-4"]}],
    ]
    for number, shape in enumerate(shapes, start=1):
        side.push(side.receipt(item("10001"), number=number, additional={"properties": shape}))
    side.push(side.receipt(item("10001"), number=9, additional=None))

    uids = set(Receipt.objects.values_list("uid", flat=True))
    assert uids == {"g-1", "g-2", "g-3", "g-4", f"{side.till.store.code}_512_17_1009"}


class TestTillsNobodyKnows:
    def test_what_they_tell_is_kept_and_taken_in_once_they_are_named(self, side, milk):
        told = side.receipt(item("10001"), posNumber=88)
        assert side.push(told) == DONE
        assert side.push(told) == DONE
        [kept] = Ukm5Unclaimed.objects.all()
        assert (kept.store_code, kept.till_number) == (side.till.store.code, "88")
        assert taking.claim(now=NOON) == 0

        till = Ukm5TillFactory(store=side.till.store, number="88", register__warehouse=side.register.warehouse)

        assert taking.claim(now=NOON) == 1
        assert taking.claim(now=NOON) == 0
        assert KkmTransaction.objects.get().register == till.register
        assert Ukm5Unclaimed.objects.get().register == till.register
        assert balance(side.register, milk).sold == 2

    def test_a_store_speaks_for_no_other(self, side, milk, settings):
        settings.UKM5_ACCESS = "secret"
        other = Ukm5StoreFactory()
        secret = access.make_secret(store=other, by=UserFactory(), now=NOON)

        assert Side(side.till, secret=secret).push(side.receipt(item("10001"))) == DONE

        assert not KkmTransaction.objects.exists()
        kept = Ukm5Unclaimed.objects.get()
        assert kept.sender == other
        assert taking.claim(now=NOON) == 0
        assert taking.claim(unclaimed=[kept.pk], by_hand=True, now=NOON) == 1
        assert balance(side.register, milk).sold == 2

    def test_one_that_is_not_let_in_is_told_so_in_the_vendors_form(self, side, settings):
        assert Side(side.till, address="8.8.8.8").push(side.receipt(item("10001")))[0] == 403
        settings.UKM5_ACCESS = "off"
        status, answer = side.push(side.receipt(item("10001")))

        assert (status, answer["result"]) == (404, "error")
        assert not Ukm5Unclaimed.objects.exists()


def test_a_body_that_is_too_large_is_an_error_that_says_so(side, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    status, answer = side.push(side.receipt(item("10001")))

    assert (status, answer["result"]) == (413, "error")


def test_another_method_is_refused(side):
    assert side.call("GET", "/api/v1/export/receipt")[0] == 405


def test_many_receipts_take_no_more_statements_than_one(side, milk, django_assert_max_num_queries):
    receipts = [
        side.receipt(item("10001"), number=number, guid=f"g{number}", dates={"dateClose": f"2026-11-20T10:15:{number}"})
        for number in range(10, 49)
    ]
    SkuFactory()

    with django_assert_max_num_queries(5):
        side.push(*receipts)

    assert balance(side.register, milk).sold == 78


class TestMending:
    def test_what_waits_is_corrected_in_our_own_words(self, side, milk):
        side.push(side.receipt(item("10001"), payments=[{"pType": "Shells", "amount": roubles(198)}]))
        told = KkmTransaction.objects.get()
        body = reading.in_our_words(told.raw, protocol=told.protocol, zone=told.register.shop.zone)

        correct(
            transaction_id=told.pk, body=body.replace("Shells", "card"), by=UserFactory(), reason="as printed", now=NOON
        )

        assert states() == [("sale", "mended")]
        assert balance(side.register, milk).sold == 2
        assert side.push(side.receipt(item("10001"), payments=[{"pType": "Shells", "amount": roubles(198)}])) == DONE
        assert KkmTransaction.objects.count() == 1

    def test_of_what_cannot_be_read_the_correction_begins_with_its_key(self, side):
        side.push(side.receipt(item("10001"), dates={}))
        told = KkmTransaction.objects.get()

        body = json.loads(reading.in_our_words(told.raw, protocol=told.protocol))

        assert body == {
            "number": 15,
            "occurred_at": None,
            "uid": f"{side.till.store.code}_512_17_1015",
            "kind": "sale",
            "shift": 12,
        }
        page = signed_in().get(f"/admin/stock/desktransaction/{told.pk}/correct/")
        assert page.status_code == 200
        assert body["uid"] in page.content.decode()

    def test_the_second_of_a_conflict_may_be_the_right_one(self, side, milk):
        side.push(side.receipt(item("10001"), payments=[{"pType": "Shells", "amount": roubles(198)}]))
        side.push(side.receipt(item("10001", quantity=3)))

        take_second(conflict_id=TransactionConflict.objects.get().pk, by=UserFactory(), reason="seen", now=NOON)

        assert balance(side.register, milk).sold == 3
