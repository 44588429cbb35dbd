"""The demonstration's chain, loaded once for all these tests: they only look at it."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import Count, F, Min, Sum
from django.test import Client

from billing.models import BillingOperation, CorrectionDocument, DiscountCard, Lot
from exchange.choices import LoadProgress
from exchange.models import Equipment, ExchangeRule, PaymentOption, RegisterLoad, RegisterLoadLine, Ukm5Store, Ukm5Till
from exchange.services import stock_feed, training
from exchange.services.demo import cards, chain, handout, history, mobile, ordering, people, places, tills, ukm5
from exchange.services.rules import checks
from registers.choices import StockControl, TransactionKind, TransactionState
from registers.models import (
    KkmTransaction,
    Receipt,
    ReceiptLine,
    Register,
    Shift,
    TransactionConflict,
    UnbilledTransaction,
)
from registers.services import shifts, tokens
from retail.choices import DocumentState
from retail.models import Barcode, Counterparty, Item, ItemGroup, Organization, Price, Shop, Sku, VatRate, Warehouse
from stock.choices import DocumentKind
from stock.models import (
    Balance,
    CustomerOrder,
    Movement,
    Reservation,
    StockCount,
    StockDocument,
    StockTransfer,
    WarehouseFeed,
)
from stock.services import audits, counts

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=ZoneInfo("Europe/Moscow"))


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """Load the chain at half past three, Moscow time; what it said is given to the tests."""
    with django_db_blocker.unblock():
        yield chain.load(now=NOW)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def _looking(loaded, django_db_blocker):
    with django_db_blocker.unblock():
        yield


# What exists


def test_two_organizations_have_shops_in_two_time_zones_and_a_warehouse_for_each():
    assert Organization.objects.count() == 2
    assert Shop.objects.count() == 4
    assert set(Shop.objects.values_list("time_zone", flat=True)) == {"Europe/Moscow", "Asia/Yekaterinburg"}
    assert Warehouse.objects.exclude(shop=None).values("shop").distinct().count() == 4
    assert Warehouse.objects.filter(shop=None).count() == 1


@pytest.mark.parametrize(
    "model",
    [
        *(Organization, Counterparty, Shop, Item, Sku, Barcode, Price, Register, Ukm5Store, Ukm5Till),
        *(ExchangeRule, Equipment, PaymentOption),
    ],
)
def test_everything_would_pass_the_form_it_could_have_been_typed_into(model):
    for row in model.objects.all():
        row.clean_fields(exclude=["sku", "item", "price_type"] if model in (Barcode, Price, Sku) else None)


def test_there_are_five_hundred_items_in_groups_of_a_tree():
    assert Item.objects.count() == 500
    assert not Item.objects.filter(group=None).exists()
    assert ItemGroup.objects.filter(parent=None).count() >= 10
    assert ItemGroup.objects.exclude(parent=None).count() >= 30


def test_goods_are_weighed_marked_varied_and_packed():
    weighed = Sku.objects.filter(item__weighed=True)

    assert weighed.filter(plu=None).count() == 0
    assert weighed.count() >= 30
    assert set(Item.objects.values_list("marking", flat=True)) >= {"", "tobacco", "dairy", "water", "clothes"}
    assert Sku.objects.exclude(characteristic=None).count() >= 50
    assert Sku.objects.exclude(pack=None).count() >= 20


def test_rates_of_vat_are_those_of_the_year():
    used = set(Item.objects.values_list("vat_rate__code", flat=True))

    assert used == {"22", "10", "none"}
    assert VatRate.objects.valid(on=NOW.date()).filter(code__in=used).count() == 3


def test_every_sku_has_a_price_of_every_type_and_some_will_change():
    in_force = Price.objects.in_force(at=NOW)

    assert len(in_force) == 3 * Sku.objects.count()
    assert all(price.amount > 0 for price in in_force)
    assert Price.objects.filter(valid_from__gt=NOW).count() >= 60


def test_what_is_sold_by_the_piece_has_a_barcode():
    pieces = Sku.objects.filter(item__weighed=False, item__kind="goods")

    assert not pieces.filter(barcodes=None).exists()
    assert Barcode.objects.filter(value__regex=r"^460[0-9]{10}$").count() >= 500


def test_there_is_a_user_of_every_role_and_each_can_sign_in():
    for person in people.PEOPLE:
        user = User.objects.get(username=person.username)

        assert [group.name for group in user.groups.all()] == [person.role.value]
        assert user.is_superuser == (person.username == "admin")
        assert Client().login(username=person.username, password=people.PASSWORD)


# What is left


def test_every_shop_has_stock_by_posted_goods_receipts():
    receipts = StockDocument.objects.filter(kind=DocumentKind.GOODS_RECEIPT)

    assert receipts.filter(state=DocumentState.POSTED).values("warehouse").distinct().count() == 5
    assert receipts.filter(state=DocumentState.DRAFT).count() == 1
    assert all(Balance.objects.filter(warehouse=shop).count() > 550 for shop in Warehouse.objects.exclude(shop=None))


def test_nothing_is_sold_that_was_not_there():
    assert Balance.objects.with_available().aggregate(least=Min("available"))["least"] >= 0


def test_the_books_are_the_sum_of_their_movements():
    summed = Movement.objects.values_list("warehouse", "sku").annotate(sum=Sum("quantity"))

    assert set(summed) == set(Balance.objects.values_list("warehouse", "sku", "on_hand"))
    assert not Movement.objects.filter(made_at__gt=NOW).exists()


def test_invoices_are_posted_reversed_and_drafted_and_one_cannot_be_posted():
    invoices = StockDocument.objects.filter(kind=DocumentKind.WHOLESALE_INVOICE)
    states = dict(invoices.order_by().values("state").annotate(count=Count("pk")).values_list("state", "count"))

    assert states == {DocumentState.POSTED: 4, DocumentState.REVERSED: 1, DocumentState.DRAFT: 2}
    assert not invoices.filter(date__gt=NOW).exists()
    assert StockDocument.objects.exclude(kind=DocumentKind.STOCK_COUNT).exclude(lines__isnull=False).count() == 0


def test_goods_were_moved_and_shelves_counted_and_one_count_is_under_way():
    posted, under_way = StockCount.objects.order_by("date")

    assert StockTransfer.objects.get().state == DocumentState.POSTED
    assert (posted.state, under_way.state) == (DocumentState.POSTED, DocumentState.DRAFT)
    assert posted.count_lines.filter(difference__lt=0).exists()
    assert 0 < posted.count_lines.exclude(difference=0).count() < posted.count_lines.count() / 2
    assert 0 < under_way.count_lines.filter(counted=None).count() < under_way.count_lines.count()
    assert counts.settle_late_sales(now=NOW) == []


# Registers and what they reported


def test_registers_control_stock_in_every_way_and_two_share_a_warehouse():
    modes = Register.objects.values_list("stock_control", flat=True)
    shared = Register.objects.filter(warehouse__name=places.LESNAYA)

    assert set(modes) == set(StockControl.values)
    assert shared.filter(stock_control=StockControl.WITHOUT_PROMPTS).count() == 2
    assert shared.filter(stock_control=StockControl.WITH_PROMPTS).count() == 1


def test_the_tokens_let_paired_registers_in_and_the_others_wait_to_be_paired(loaded):
    for number, token in loaded.tokens.items():
        assert tokens.identify(token=token, now=NOW).number == number

    assert len(loaded.tokens) == len(tills.WORKING)
    waiting = Register.objects.filter(tokens=None, equipment=None)
    assert {register.number for register in waiting} == {8, 9} | {till.number for till in tills.TRAINING}
    assert set(training.registers()) == set(waiting)


def test_every_working_register_has_closed_a_shift_and_is_in_another():
    for till in tills.WORKING:
        closed, current = Shift.objects.filter(register__number=till.number).order_by("number")

        assert closed.closed_at - closed.opened_at > timedelta(hours=13)
        assert current.opened_at <= NOW
        assert current.closed_at is None
        assert current.receipts.exists()


def test_shifts_hold_all_that_happens_at_a_till():
    assert set(KkmTransaction.objects.values_list("kind", flat=True)) == set(TransactionKind.values)
    assert Receipt.objects.filter(kind=TransactionKind.SALE).count() > 300
    assert ReceiptLine.objects.filter(discount__gt=0).exists()
    assert not KkmTransaction.objects.filter(occurred_at__gt=NOW).exists()


def test_returns_name_the_sale_they_take_back():
    sold = set(Receipt.objects.filter(kind=TransactionKind.SALE).values_list("register_id", "uid"))

    returned = set(Receipt.objects.filter(kind=TransactionKind.RETURN).values_list("register_id", "of_uid"))

    assert returned
    assert returned <= sold


def test_registers_count_as_we_do_but_for_one_that_is_short_of_cash():
    differing = [
        (shift.register.number, figure.theirs - figure.ours)
        for shift in Shift.objects.exclude(closed_at=None).select_related("register")
        for figure in shifts.compare(shift=shift, totals=shifts.totals(shift=shift))
        if figure.differs
    ]

    assert differing == [(history.WITH_SHORTAGE, -history.SHORT_BY)]


def test_one_unknown_sku_is_on_the_error_desk_and_one_conflict_is_kept_aside():
    (on_desk,) = KkmTransaction.objects.filter(state=TransactionState.ERROR_DESK)
    (conflict,) = TransactionConflict.objects.all()

    assert [problem["code"] for problem in on_desk.problems] == ["unknown_sku"]
    assert ReceiptLine.objects.get(sku=None).sku_code == history.UNKNOWN_SKU
    assert conflict.transaction.register.number == history.WITH_CONFLICT


def test_weighed_goods_are_sold_by_the_labels_of_scales():
    labels = ReceiptLine.objects.filter(sku__item__weighed=True)

    assert labels.exists()
    for line in labels.select_related("sku"):
        assert line.barcode.startswith("20")
        assert int(line.barcode[2:7]) == line.sku.plu
        assert Decimal(line.barcode[7:12]) == line.quantity * 1000


# Loads and feeds


def test_loads_show_registers_at_every_stage():
    stages = set(RegisterLoadLine.objects.with_progress().values_list("progress", flat=True))

    assert stages == set(LoadProgress.values)
    assert RegisterLoad.objects.filter(state=DocumentState.DRAFT).count() == 1


def test_a_register_loads_all_stock_of_its_warehouse():
    register = Register.objects.select_related("warehouse").get(number=1)

    packet = stock_feed.read(register=register, cursor=None)

    assert len(packet.changes) == Balance.objects.filter(warehouse=register.warehouse).count()
    assert WarehouseFeed.objects.get(pk=register.warehouse_id).revision == max(row.revision for row in packet.changes)


def test_what_scripts_are_told_to_sell_is_sold_in_every_shop(tmp_path, loaded):
    told = handout.write(path=tmp_path / "demo.json", url="u", wait_url="w", fresh=loaded.tokens, demo=True, now=NOW)[
        "skus"
    ]

    assert len(told) == handout.SKUS
    for sku in told:
        assert Barcode.objects.filter(value=sku["barcode"], sku__code=sku["sku"]).exists()
        enough = Balance.objects.filter(sku__code=sku["sku"], on_hand__gt=F("sold") + 20)
        assert enough.exclude(warehouse__shop=None).count() == 4


# Orders and holds


def test_orders_stand_in_every_way():
    found = Counter((order.status, order.is_sold) for order in CustomerOrder.objects.all())

    assert found == {("agreed", False): 3, ("agreed", True): 1, ("not_agreed", False): 1, ("cancelled", False): 1}
    assert not CustomerOrder.objects.filter(courier=None).exists()


def test_a_sold_order_has_its_whole_life():
    order = CustomerOrder.objects.exclude(receipt=None).get()

    assert list(order.events.order_by("pk").values_list("deed", flat=True)) == ["made", "agreed", "told", "sold"]
    assert order.receipt.order_uid == order.uid
    assert order.reservations.get().state == "committed"


def test_goods_are_held_for_orders_and_for_a_receipt():
    open_now = Reservation.objects.open()

    assert open_now.exclude(order=None).count() == 3
    assert [hold.register.number for hold in open_now.filter(order=None)] == [ordering.ASKING]
    assert Reservation.objects.get(receipt_uid=ordering.FORGOTTEN).ended_by.username == "operator"
    assert audits.run() == []


def test_cards_have_owners_a_past_and_operations_of_receipts(tmp_path, loaded):
    told = handout.write(path=tmp_path / "demo.json", url="u", wait_url="w", fresh=loaded.tokens, demo=True, now=NOW)

    assert len(told["cards"]) == DiscountCard.objects.filter(version__gt=0).count() == cards.CARDS
    assert DiscountCard.objects.exclude(owner=None).count() > 30
    of_receipts = BillingOperation.objects.filter(source="receipt").exclude(receipt_uid="")
    assert Receipt.objects.filter(uid__in=of_receipts.values("receipt_uid")).count() == of_receipts.count() > 30
    assert Lot.objects.filter(activated=False).exists()
    assert not UnbilledTransaction.objects.exists()
    assert not BillingOperation.objects.filter(occurred_at__gt=NOW).exists()


def test_one_correction_of_cards_is_approved_and_another_awaits_it(loaded):
    found = CorrectionDocument.objects.order_by("pk")

    assert [(one.stage, one.state) for one in found] == [("approved", "posted"), ("submitted", "draft")]
    assert found[0].approved_by != found[0].written_by


def test_a_till_of_ukm5_gets_in_where_its_network_is_let_in(settings):
    settings.UKM5_ACCESS, settings.UKM5_FILES = "network", "/srv/ukm5"

    told = ukm5.handout(url="http://127.0.0.1:8000")

    till = Ukm5Till.objects.get()
    assert told == {
        "base": "http://127.0.0.1:8000/ukm5",
        "store": till.store.code,
        "pos": till.number,
        "register": till.register.number,
        "folder": f"/srv/ukm5/{till.store.folder}",
    }
    assert till.register.stock_control == StockControl.EXTERNAL
    settings.UKM5_ACCESS = "off"
    assert ukm5.handout(url="http://127.0.0.1:8000") is None


def test_the_mobile_till_lacks_nothing(loaded):
    equipment = Equipment.objects.select_related("rule__warehouse", "register").get(device_id=mobile.DEVICE_ID)

    assert checks.missing(equipment=equipment, now=NOW) == []
