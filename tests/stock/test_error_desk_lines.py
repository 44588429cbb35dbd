"""Lines of goods nobody knew: found again, mapped, and moved as if they had been known."""

import pytest

from registers.choices import DeedKind, TransactionState
from registers.models import ReceiptLine, TransactionDeed
from retail.models import Barcode
from stock.models import Balance, MendedLine, UnsettledShift
from stock.services import error_desk
from stock.services.error_desk.refusals import BarcodeRefused, NothingKnown
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, SkuFactory, make_ean13
from tests.messages import event, line, lines, sale
from tests.stock.desk import LATER, bytes_of, revision, sold, take_in, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def by():
    return UserFactory()


def resubmit(*transactions, by):
    return error_desk.resubmit(transactions=[one.pk for one in transactions], by=by, now=LATER)


def map_code(sku, *, by, sku_code="404", barcode="", **rest):
    return error_desk.map_code(sku=sku, sku_code=sku_code, barcode=barcode, by=by, now=LATER, **rest)


def test_a_sale_is_whole_once_its_goods_are_entered_and_it_is_resubmitted(register, by):
    milk = SkuFactory(code="10001")
    transaction = told(register, sale(1, *lines(("10001", "1.000"), ("404", "3.000"))))
    before, revisions = bytes_of(transaction), revision(register)
    entered = SkuFactory(code="404")

    done = resubmit(transaction, by=by)

    transaction.refresh_from_db()
    assert (done.mended, done.partly, done.waiting) == (1, 0, 0)
    assert (transaction.state, transaction.problems) == (TransactionState.MENDED, [])
    assert bytes_of(transaction) == before
    assert (sold(register, milk), sold(register, entered)) == (1, 3)
    balance = Balance.objects.get(sku=entered)
    assert balance.revision == balance.sale_revision == revision(register) == revisions + 1


def test_a_mended_line_says_who_mended_it_and_waits_for_a_document(register, by):
    transaction = told(register, sale(1, line("404")))
    sku = SkuFactory(code="404")

    resubmit(transaction, by=by)

    mended = MendedLine.objects.get()
    assert (mended.line, mended.mended_by, mended.mended_at, mended.document) == (
        ReceiptLine.objects.get(sku=sku),
        by,
        LATER,
        None,
    )


def test_a_deed_keeps_what_it_dealt_with_and_what_became_of_it(register, by):
    transaction = told(register, sale(1, line("404")))
    SkuFactory(code="404")

    resubmit(transaction, by=by)

    deed = TransactionDeed.objects.get()
    assert (deed.transaction_id, deed.kind, deed.by, deed.at) == (transaction.pk, DeedKind.RESUBMIT, by, LATER)
    assert deed.problems == [
        {
            "code": "unknown_sku",
            "attr": "receipt.lines",
            "params": {"line": "1", "sku": "404", "barcode": "", "became": "404"},
        }
    ]


def test_a_line_is_found_again_by_its_barcode(register, by):
    value = make_ean13(7)
    transaction = told(register, sale(1, line("", barcode=value)))
    sku = BarcodeFactory(value=value).sku

    assert resubmit(transaction, by=by).mended == 1
    assert sold(register, sku) == 1


def test_what_is_still_unknown_waits_on_and_leaves_no_deed(register, by):
    transaction = told(register, sale(1, line("404")))

    done = resubmit(transaction, by=by)

    assert (done.mended, done.partly, done.waiting) == (0, 0, 1)
    assert not TransactionDeed.objects.exists()


def test_of_two_unknown_lines_the_one_that_is_known_now_moves(register, by):
    transaction = told(register, sale(1, *lines(("404", "1.000"), ("405", "2.000"))))
    sku = SkuFactory(code="405")

    done = resubmit(transaction, by=by)

    transaction.refresh_from_db()
    assert (done.mended, done.partly) == (0, 1)
    assert transaction.state == TransactionState.ERROR_DESK
    assert [problem["params"]["sku"] for problem in transaction.problems] == ["404"]
    assert sold(register, sku) == 2


def test_figures_that_differ_wait_on_when_the_goods_are_known(register, by):
    transaction = told(register, sale(1, line("404"), receipt={"total": "50.00", "payments": []}))
    SkuFactory(code="404")

    resubmit(transaction, by=by)

    transaction.refresh_from_db()
    assert [problem["code"] for problem in transaction.problems] == ["totals_differ", "payments_differ"]
    assert error_desk.accept_as_is(transactions=[transaction.pk], by=by, reason="так и было", now=LATER) == 1


def test_resubmitting_again_moves_nothing_more(register, by):
    transaction = told(register, sale(1, line("404")))
    sku = SkuFactory(code="404")
    resubmit(transaction, by=by)

    done = resubmit(transaction, by=by)

    assert (done.mended, done.waiting) == (0, 0)
    assert sold(register, sku) == 1
    assert (MendedLine.objects.count(), TransactionDeed.objects.count()) == (1, 1)


def test_a_code_is_mapped_for_every_sale_that_waits_for_it(register, by):
    other = RegisterFactory()
    take_in(register, sale(1, line("404", "2.000")), sale(2, line("404", "1.000"), kind="return"))
    take_in(other, sale(1, *lines(("404", "5.000"), ("405", "1.000"))))
    sku = SkuFactory()

    done = map_code(sku, by=by)

    assert (done.lines, done.mended, done.partly) == (3, 2, 1)
    assert (sold(register, sku), sold(other, sku)) == (1, 5)
    assert TransactionDeed.objects.filter(kind=DeedKind.MAP).count() == 3


def test_a_code_may_be_mapped_for_one_sale_alone(register, by):
    first = told(register, sale(1, line("404")))
    take_in(register, sale(2, line("404")))
    sku = SkuFactory()

    done = map_code(sku, by=by, transactions=[first.pk])

    assert done.lines == 1
    assert sold(register, sku) == 1
    assert ReceiptLine.objects.filter(sku=None).count() == 1


def test_a_barcode_is_given_to_the_sku_so_that_it_does_not_happen_again(register, by):
    value = make_ean13(8)
    take_in(register, sale(1, line("", barcode=value)))
    sku = SkuFactory()

    map_code(sku, by=by, sku_code="", barcode=value, add_barcode=True)

    assert Barcode.objects.get().sku == sku
    assert take_in(register, sale(2, line("", barcode=value)))[0].status == "accepted"
    assert sold(register, sku) == 2


def test_a_barcode_that_is_none_is_refused_and_nothing_is_mapped(register, by):
    take_in(register, sale(1, line("", barcode="not a barcode")))
    sku = SkuFactory()

    with pytest.raises(BarcodeRefused):
        map_code(sku, by=by, sku_code="", barcode="not a barcode", add_barcode=True)

    assert not MendedLine.objects.exists()


def test_a_code_that_nothing_waits_for_is_refused(register, by):
    with pytest.raises(NothingKnown):
        map_code(SkuFactory(), by=by)


def test_what_was_set_aside_is_not_mapped(register, by):
    transaction = told(register, sale(1, line("404")))
    error_desk.set_aside(transactions=[transaction.pk], by=by, reason="проба", now=LATER)

    with pytest.raises(NothingKnown):
        map_code(SkuFactory(), by=by)


def test_a_service_is_mended_without_a_balance(register, by):
    take_in(register, sale(1, line("404")))

    map_code(SkuFactory(item__kind="service"), by=by)

    assert MendedLine.objects.count() == 1
    assert not Balance.objects.exists()


def test_a_line_of_a_cancelled_receipt_is_named_and_moves_nothing(register, by):
    take_in(register, sale(1, line("404"), kind="cancelled"))
    sku = SkuFactory()

    assert map_code(sku, by=by).mended == 1
    assert ReceiptLine.objects.get().sku == sku
    assert not MendedLine.objects.exists()
    assert not Balance.objects.exists()


def test_a_closed_shift_is_to_be_settled_again(register, by):
    take_in(register, sale(1, line("404")), event(2, "shift_close", counters={}))
    UnsettledShift.objects.all().delete()

    map_code(SkuFactory(), by=by)

    assert UnsettledShift.objects.count() == 1


def test_the_number_of_statements_does_not_grow_with_the_lines(register, by, django_assert_num_queries):
    take_in(register, *(sale(number, *lines(("404", "1"), ("404", "2"))) for number in range(1, 41)))
    sku = SkuFactory()

    with django_assert_num_queries(6):  # The lines, a savepoint and its end, the claim, the shifts, the mending.
        map_code(sku, by=by)

    assert sold(register, sku) == 120


def test_registers_are_told_after_the_commit(register, by, monkeypatch, django_capture_on_commit_callbacks):
    take_in(register, sale(1, line("404")))
    woken = []
    monkeypatch.setattr("stock.services.wakeups.announce", woken.append)

    with django_capture_on_commit_callbacks(execute=True):
        map_code(SkuFactory(), by=by)

    assert woken == [[register.warehouse_id]]


def test_unknown_codes_are_counted_with_what_was_sold_of_them(register):
    take_in(register, sale(1, *lines(("404", "1.500"), ("405", "1.000"))), sale(2, line("404", "2.000")))

    first, second = error_desk.unknown_codes()

    assert (first.sku_code, first.lines, first.transactions, first.registers, first.quantity) == ("404", 2, 2, 1, 3.5)
    assert (second.sku_code, second.lines) == ("405", 1)
