"""What a device reports of its shifts: into the journal once, and into the Z-report."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from exchange.choices import PostedKind, SessionResult
from exchange.models import ExchangeSession, PostedDocument
from exchange.protocols.equipment_service import entries, reports, schemas, xml
from exchange.protocols.equipment_service.formats import FORMATS
from registers.choices import Settlement, TransactionState
from registers.models import KkmTransaction, Receipt, Shift, TransactionConflict
from registers.services import reading
from stock.models import Balance, Movement, ZReport
from stock.services import audits, orders, processing
from stock.services.intake import Busy
from tests.exchange import equipment as es
from tests.exchange.equipment_till import Device
from tests.factories.exchange import EquipmentFactory, PaymentOptionFactory
from tests.factories.people import UserFactory
from tests.factories.retail import SkuFactory
from tests.factories.stock import BalanceFactory, CustomerOrderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device():
    return Device(EquipmentFactory(format_version=3003))


@pytest.fixture
def milk(device):
    return SkuFactory(code="1001")


def z_report(device):
    processing.run(now=timezone.now(), register=device.equipment.register)
    return ZReport.objects.get(corrects=None)


def told(device):
    return list(KkmTransaction.objects.filter(register=device.equipment.register).order_by("pk"))


def a_day() -> str:
    """A shift with a sale by two ways of payment, a return of it, cash brought and taken, and money without goods."""
    sale = es.check(
        es.line(quantity="3", price="100", amount="280"),
        payments=es.payment(cash="200", electronic="80", ElectronicPaymentOptionCode="07"),
    )
    back = es.check(
        es.line(quantity="1", price="100", amount="93"),
        payments=es.payment(cash="93"),
        UUID=es.RETURN, Number="2", OperationType="2", Date="2026-11-20T13:00:00",
        RefDocumentType="Check", RefDocumentUUID=es.CHECK,
    )  # fmt: skip
    movements = es.cash() + es.cash(Number="2", Type="Outcome", Sum="300.50", Date="2026-11-20T21:50:00")
    return es.sale_reports(es.sale_report(sale, back, movements=movements))


def test_a_closed_shift_becomes_a_z_report(device, milk):
    PaymentOptionFactory(equipment=device.equipment, code="07", kind="sbp")

    assert device.tell(a_day()) == (True, "Данные успешно загружены")

    report = z_report(device)
    assert (report.sales, report.returns, report.receipts, report.return_receipts) == (280, 93, 1, 1)
    assert (report.cash_in, report.cash_out) == (1000, Decimal("300.50"))
    paid = {(row.kind, row.key): row.amount for row in report.breakdown.filter(by="payment")}
    assert paid == {("sale", "cash"): 200, ("sale", "sbp"): 80, ("return", "cash"): 93}
    assert {row.key for row in report.breakdown.filter(by="vat")} == {"20"}
    assert sum(Movement.objects.values_list("quantity", flat=True)) == -2
    assert Shift.objects.get().closed_at == datetime(2026, 11, 20, 19, tzinfo=UTC)
    assert not report.discrepancies.exists()


def test_the_books_agree_after_it(device, milk):
    device.tell(a_day())
    z_report(device)

    assert audits.run() == []


def test_the_return_names_the_sale(device, milk):
    device.tell(a_day())

    assert Receipt.objects.get(kind="return").of_uid == es.CHECK


@pytest.mark.parametrize("fields", [{}, {"UUID": None}, {"UUID": "00000000-0000-4000-8000-00000000000f"}])
def test_the_same_shift_again_is_known_whatever_its_uuid(device, milk, fields):
    device.tell(es.sale_reports(es.sale_report(es.check(), movements=es.cash())))
    before = len(told(device))

    success, _words = device.tell(es.sale_reports(es.sale_report(es.check(), movements=es.cash(), **fields)))

    assert success
    assert len(told(device)) == before
    assert Balance.objects.get(sku=milk).sold == 2
    assert "Known already: 4." in ExchangeSession.objects.latest("pk").summary


@pytest.mark.parametrize("method", ["4", "1"])
def test_a_sum_that_nobody_can_reckon_with_waits_for_a_person(device, milk, method):
    paid = es.payment(cash="9" * 1_100_000)

    success, said = device.tell(es.sale_reports(es.sale_report(es.check(es.line(PaymentMethod=method), payments=paid))))

    assert success
    assert "1" in said
    assert [one.state for one in told(device)].count(TransactionState.ERROR_DESK) == 1


def test_without_any_uuid_a_repeat_is_known_by_what_it_says(device, milk):
    nameless = [es.check(UUID=None), es.check(UUID=None, Number="2", Date="2026-11-20T12:01:00")]
    document = es.sale_reports(es.sale_report(*nameless, movements=es.cash(), UUID=None))

    device.tell(document)
    device.tell(document.replace("><", ">\n  <"))

    assert len(told(device)) == 5
    assert Balance.objects.get(sku=milk).sold == 4


def test_two_checks_of_one_number_and_second_are_two(device, milk):
    document = es.sale_reports(es.sale_report(es.check(UUID=None), es.check(UUID=None)))

    device.tell(document)
    device.tell(document)

    assert Balance.objects.get(sku=milk).sold == 4


def test_a_check_that_stands_twice_in_a_report_is_one(device, milk):
    device.tell(es.sale_reports(es.sale_report(es.check(), es.check())))

    assert Balance.objects.get(sku=milk).sold == 2


def test_a_report_that_has_grown_adds_what_is_new_as_a_correction(device, milk):
    device.tell(es.sale_reports(es.sale_report(es.check())))
    first = z_report(device)
    late = es.check(UUID=es.RETURN, Number="2", Date="2026-11-20T15:00:00")

    device.tell(es.sale_reports(es.sale_report(es.check(), late)))

    processing.run(now=timezone.now())
    assert ZReport.objects.get(corrects=first).sales == 100


def test_what_is_told_otherwise_is_a_conflict_and_moves_nothing(device, milk):
    device.tell(es.sale_reports(es.sale_report(es.check())))

    success, words = device.tell(es.sale_reports(es.sale_report(es.check(es.line(quantity="5")))))

    assert success
    assert "a person decides: 1" in words
    assert TransactionConflict.objects.open().count() == 1
    assert Balance.objects.get(sku=milk).sold == 2


def test_what_waits_on_the_desk_and_has_moved_nothing_is_replaced(device, milk):
    broken = es.check(es.line(quantity="0", amount="100"))
    device.tell(es.sale_reports(es.sale_report(broken)))
    [waiting] = [one for one in told(device) if one.kind == "sale"]
    assert waiting.state == TransactionState.ERROR_DESK

    success, _words = device.tell(es.sale_reports(es.sale_report(es.check())))

    waiting.refresh_from_db()
    assert success
    assert "Put right by what came now: 1." in ExchangeSession.objects.latest("pk").summary
    assert waiting.state == TransactionState.MENDED
    assert Balance.objects.get(sku=milk).sold == 2
    settled = TransactionConflict.objects.get()
    assert (settled.settlement, settled.settled_by) == (Settlement.SECOND, device.user)


def test_goods_that_are_known_by_the_time_a_report_comes_again_move(device):
    device.tell(es.sale_reports(es.sale_report(es.check())))
    milk = SkuFactory(code="1001")

    device.tell(es.sale_reports(es.sale_report(es.check())))

    assert Balance.objects.get(sku=milk).sold == 2
    assert "could be applied now: 1." in ExchangeSession.objects.latest("pk").summary


def test_what_is_broken_again_waits_for_a_person(device, milk):
    device.tell(es.sale_reports(es.sale_report(es.check(es.line(quantity="0", amount="100")))))

    device.tell(es.sale_reports(es.sale_report(es.check(es.line(quantity="0", amount="101")))))

    assert TransactionConflict.objects.open().count() == 1


@pytest.mark.parametrize("closing", [None, "0001-01-01T00:00:00"])
def test_an_open_shift_is_refused_with_words(device, milk, closing):
    report = es.sale_report(es.check(), ClosingDate=closing)

    success, words = device.tell(es.sale_reports(es.sale_report(), report))

    assert not success
    assert "Shift 7" in words
    assert told(device) == []
    assert ExchangeSession.objects.get().result == SessionResult.REFUSED


@pytest.mark.parametrize("method", ["1", "2", "3", "7"])
def test_money_without_goods_moves_money_alone(device, milk, method):
    device.tell(es.sale_reports(es.sale_report(es.check(es.line(PaymentMethod=method)))))

    report = z_report(device)
    assert (report.sales, report.cash_in) == (0, 100)
    assert not Balance.objects.filter(sku=milk).exists()


def test_of_a_check_only_lines_that_hand_goods_over_are_its_goods(device, milk):
    both = es.check(es.line(), es.line("1002", PaymentMethod="3"), payments=es.payment(cash="200"))
    SkuFactory(code="1002")

    device.tell(es.sale_reports(es.sale_report(both)))

    receipt = Receipt.objects.get()
    assert [line.sku_code for line in receipt.lines.all()] == ["1001"]
    assert receipt.transaction.problems[0]["code"] == "payments_differ"


@pytest.mark.parametrize("operation", ["3", "4"])
def test_what_is_neither_sale_nor_return_is_left_out_and_said_to_be(device, milk, operation):
    device.tell(es.sale_reports(es.sale_report(es.check(OperationType=operation))))

    assert {one.kind for one in told(device)} == {"shift_open", "shift_close"}
    assert "left out: 1" in ExchangeSession.objects.get().summary


def test_returns_that_are_written_below_zero_are_returns_all_the_same(device, milk):
    back = es.check(
        es.line(quantity="-1", amount="-50"), payments=es.payment(cash="-50"), OperationType="2", UUID=es.RETURN
    )

    device.tell(es.sale_reports(es.sale_report(back)))

    assert (Receipt.objects.get().total, Receipt.objects.get().payments.get().amount) == (50, 50)


def test_marks_go_with_their_lines(device, milk):
    device.tell(es.sale_reports(es.sale_report(es.check(es.line(stamps="010460 010461")))))

    assert Receipt.objects.get().lines.get().marks == ["010460", "010461"]


def _agreed(order):
    for line in order.lines.all():
        BalanceFactory(warehouse=order.warehouse, sku=line.sku)
    orders.agree(order=order, by=UserFactory(), now=timezone.now())
    return order


def test_a_check_made_from_an_order_sells_the_order(device, milk):
    register = device.equipment.register
    order = _agreed(CustomerOrderFactory(lines=1, warehouse=register.warehouse, courier=register))
    sku = order.lines.get().sku
    sale = es.check(es.line(sku.code), RefDocumentType="Order", RefDocumentUUID=order.uid)

    device.tell(es.sale_reports(es.sale_report(sale)))

    order.refresh_from_db()
    assert order.is_sold


def test_orders_of_the_couriers_register_are_told(device):
    register = device.equipment.register
    order = _agreed(CustomerOrderFactory(lines=2, warehouse=register.warehouse, courier=register))
    CustomerOrderFactory(lines=1)

    root = device.document("GetDocs", DocType="Order")

    [said] = root
    assert said.get("UUID") == order.uid
    assert [line.get("Code") for line in said.iter("{*}Good")] == [
        line.sku.code for line in order.lines.order_by("line")
    ]


def test_an_order_says_when_it_is_to_be_delivered_by_the_clock_of_the_shop(device):
    register = device.equipment.register
    order = CustomerOrderFactory(
        lines=1,
        warehouse=register.warehouse,
        courier=register,
        delivery_date=date(2026, 11, 22),
        delivery_from=time(14),
    )
    _agreed(order)

    [said] = device.document("GetDocs", DocType="Order")

    assert said.get("DeliveryDate") == "2026-11-22T14:00:00"


def test_formats_of_1_x_know_no_orders(device):
    device.equipment.format_version = 1007
    device.equipment.save()

    assert device.call("GetDocs", DocType="Order") == ""


def test_a_kind_of_payment_that_nobody_has_matched_waits_and_is_read_again_when_it_is(device, milk):
    paid = es.payment(electronic="100", ElectronicPaymentOptionCode="99")
    device.tell(es.sale_reports(es.sale_report(es.check(payments=paid))))
    [waiting] = [one for one in told(device) if one.kind == "sale"]
    assert waiting.problems[0]["code"] == "unknown_payment_kind"

    PaymentOptionFactory(equipment=device.equipment, code="99", kind="bonus")
    again = reading.read(waiting.raw, protocol=waiting.protocol, zone=device.equipment.register.shop.zone)

    assert again.transaction.receipt.payments[0].kind == "bonus"
    assert again.body_hash == bytes(waiting.body_hash)


def test_bytes_of_no_device_are_read_without_its_kinds_of_payment():
    assert reading.read(b"<Event/>", protocol="equipment").transaction is None


def test_a_sku_that_nobody_knows_waits_on_the_desk_and_the_device_hears_of_it(device):
    success, words = device.tell(es.sale_reports(es.sale_report(es.check())))

    assert success
    assert "On the error desk: 1." in words
    assert Receipt.objects.get().lines.get().sku is None


@pytest.mark.parametrize("version", [2003, 3000])
def test_earlier_formats_say_their_state_in_an_element(device, milk, version):
    device.equipment.format_version = version
    device.equipment.save()
    report = es.sale_report(es.check(), ShiftState=None)
    if version == 3000:
        report = report.replace("</SaleReport>", "<ShiftState>1</ShiftState></SaleReport>")

    assert device.tell(es.sale_reports(report, version=version))[0]
    assert z_report(device).sales == 100


@pytest.mark.parametrize("version", [1000, 1006, 1007])
def test_a_report_of_1_x_has_no_checks_and_becomes_one_of_each_kind(device, milk, version):
    device.equipment.format_version = version
    device.equipment.save()
    goods = (
        '<RecordGood Code="1001" Quantity="3" Price="50" Amount="150"/>'
        '<RecordGood Code="1001" Quantity="1" Price="50" Amount="50" Canceled="true"/>'
    )
    paid = (
        '<RecordPayment PaymentType="0" Amount="100"/><RecordPayment PaymentType="1" Amount="50"/>'
        '<RecordPayment PaymentType="0" Amount="50" Canceled="true"/>'
    )
    report = (
        '<Report SessionNumber="7" DateOpen="2026-11-20T10:00:00" DateClose="2026-11-20T22:00:00">'
        f"<Goods>{goods}</Goods><Payments>{paid}</Payments></Report>"
    )
    document = es.sales_reports_of_1(report, version=version)

    assert device.tell(document, "SalesReports")[0]
    assert device.tell(document, "SalesReports")[0]

    made = z_report(device)
    assert (made.sales, made.returns) == (150, 50)
    assert {(row.kind, row.key) for row in made.breakdown.filter(by="payment")} == {
        ("sale", "cash"), ("sale", "card"), ("return", "cash"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{}",
        "<a/>",
        es.sale_reports(es.sale_report(es.check()), version=3001),
        es.tare_openings(),
        "<!DOCTYPE a><a/>",
    ],
)
def test_what_is_no_report_of_the_version_is_refused_in_the_words_of_the_vendor(device, document):
    success, words = device.tell(document)

    assert not success
    assert words.startswith("При чтении файла-отчета произошла ошибка.")
    assert told(device) == []


def test_a_type_that_nobody_knows_is_a_success_as_the_vendor_has_it(device):
    assert device.tell("<a/>", "Whatever") == (True, "Данные успешно загружены")


def test_price_checks_and_opened_alcohol_are_kept(device):
    assert device.tell(es.price_checks(), "PriceCheckerReport")[0]
    assert device.tell(es.tare_openings(), "AlcoholTareOpening")[0]
    assert device.tell(es.tare_openings(), "AlcoholTareOpening")[0]

    assert sorted(PostedDocument.objects.values_list("kind", flat=True)) == [PostedKind.PRICE_CHECKS, PostedKind.TARE]
    assert PostedDocument.objects.get(kind=PostedKind.TARE).raw.decode() == es.tare_openings()


def test_opened_alcohol_is_not_taken_in_by_1_x(device):
    device.equipment.format_version = 1007
    device.equipment.save()

    success, words = device.tell(es.tare_openings(), "AlcoholTareOpening")

    assert not success
    assert words == "Формат 1.7 не поддерживает загрузку вскрытий алкогольной тары"


def test_a_busy_database_leaves_the_report_with_the_device(device, milk, monkeypatch):
    def busy(**kwargs):
        raise Busy

    monkeypatch.setattr("stock.services.intake.take_in", busy)

    success, _words = device.tell(a_day())

    assert not success
    assert ExchangeSession.objects.get().result == SessionResult.FAILED


def test_a_shift_of_many_checks_is_taken_in_whole(device, milk):
    checks = [es.check(UUID=str(es.uuid(f"check {place}")), Number=str(place)) for place in range(1, 121)]

    device.tell(es.sale_reports(es.sale_report(*checks)))

    assert z_report(device).receipts == 120


_money = st.decimals(0, 10**6, places=2)
_lines = st.lists(st.tuples(st.decimals("0.001", 1000, places=3), _money, _money), min_size=1, max_size=4)


@tried(max_examples=50, deadline=None)
@given(
    checks=st.lists(st.tuples(_lines, st.sampled_from("12"), st.booleans()), max_size=4),
    cash=st.lists(_money, max_size=3),
    version=st.sampled_from([2003, 3000, 3001, 3002, 3003]),
)
def test_whatever_a_device_sold_each_event_says_what_it_said(checks, cash, version):
    known = FORMATS[version]
    written = [
        es.check(
            *[
                es.line(quantity=str(quantity), price=str(price), amount=str(amount))
                for quantity, price, amount in lines
            ],
            OperationType=kind,
            Number=str(place),
            UUID=str(es.uuid(f"{place}")) if named else None,
        )
        for place, (lines, kind, named) in enumerate(checks, start=1)
    ]
    movements = "".join(es.cash(Number=str(place), Sum=str(amount)) for place, amount in enumerate(cash, start=1))
    report = es.sale_report(*written, movements=movements, ShiftState="1" if version > 3000 else None)
    if version == 3000:
        report = report.replace("</SaleReport>", "<ShiftState>1</ShiftState></SaleReport>")
    root = xml.read(es.sale_reports(report, version=version).encode())
    schemas.check(root, known)

    [told] = reports.read(root, known, device_id='<"&>')
    read = [entries.read(raw) for raw in told.events]

    assert [entry.kind for entry in read] == [
        "shift_open", *["sale" if kind == "1" else "return" for _lines, kind, _named in checks],
        *["cash_in"] * len(cash), "shift_close",
    ]  # fmt: skip
    totals = [entry.transaction.receipt.total for entry in read if entry.transaction.receipt]
    assert totals == [sum(amount for _quantity, _price, amount in lines) for lines, _kind, _named in checks]
    assert [entry.transaction.amount for entry in read if entry.kind == "cash_in"] == cash
    assert len({entry.uid for entry in read}) == len(read)
    assert [entries.read(raw).body_hash for raw in told.events] == [entry.body_hash for entry in read]
    assert {entries.device_of(raw) for raw in told.events} == {'<"&>'}


@tried(max_examples=60, deadline=None)
@given(raw=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<Event>{text}</Event>".encode()))
def test_whatever_the_bytes_of_an_event_are_they_become_an_entry(raw):
    entry = entries.read(raw)

    assert entry.raw == raw
    assert entry.transaction is None
    assert entry.problems
