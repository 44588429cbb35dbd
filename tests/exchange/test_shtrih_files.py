"""Reports of Штрих-М in the journal: receipts, cards and Z-reports, once."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import BillingOperation
from exchange.choices import FileDialect, FileState
from exchange.models import EquipmentTill
from registers.models import KkmTransaction, Receipt, Shift
from retail.models import Constants
from stock.models import ZReport
from stock.services import processing
from stock.services.error_desk import resubmitting
from tests.exchange.test_shtrih_report import HEAD, row
from tests.exchange.test_transaction_files import _archive, counts, loaded  # noqa: F401 - A fixture of both.
from tests.factories.billing import DiscountCardFactory
from tests.factories.exchange import EquipmentFactory, PaymentOptionFactory
from tests.factories.registers import RegisterFactory
from tests.stock.holding import balance, stocked

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def milk(register):
    return stocked(register, 1000, name="Молоко", code="10001")


def receipt(place, *, sku="10001", quantity="1.000", card="", sign=1, pay=1, **fields):
    first, at = place * 10, f"10:{place:02}:00"
    amount = f"{99 * sign:.2f}"
    rows = [row(first, 11, f8=sku, f10="99.00", f11=quantity, f12=amount, receipt=place, time=at, **fields)]
    if card:
        rows.append(row(first + 1, 35, f8=card, f12="0.00", receipt=place, time=at, **fields))
    rows.append(row(first + 2, 40, f11=pay, f12=amount, receipt=place, time=at, **fields))
    rows.append(row(first + 3, 55, f12=amount, receipt=place, time=at, **fields))
    return "".join(rows)


def report(register, text, **fields):
    return loaded(register, (HEAD + text).encode("cp1251"), name="report.txt", dialect=FileDialect.SHTRIH, **fields)


def test_a_report_becomes_receipts_and_a_z_report_without_gaps(register, milk):
    text = receipt(1) + receipt(2) + receipt(3, sign=-1, quantity="-1.000")
    text += row(50, 50, f12="500", receipt=4, time="11:00:00") + row(60, 61, f8=12, receipt=5, time="22:00:00")

    file = report(register, text)

    assert (file.state, counts(file)) == (FileState.DONE, {"accepted": 5, "passed_over": 3})
    assert balance(register, milk).sold == 1
    assert (Shift.objects.get().number, Shift.objects.get().closed_at) == (12, datetime(2026, 11, 20, 19, tzinfo=UTC))
    processing.run(now=NOW)
    assert not ZReport.objects.get().discrepancies.exists()


def test_the_part_of_a_shift_that_comes_first_and_the_whole_that_comes_later_are_one(register, milk):
    report(register, receipt(1))
    assert KkmTransaction.objects.get().shift_number == 1

    whole = report(register, receipt(1) + receipt(2) + row(60, 61, f8=1, receipt=5, time="22:00:00"))

    assert counts(whole) == {"duplicate": 1, "accepted": 2, "passed_over": 3}
    assert balance(register, milk).sold == 2


def test_cards_are_credited_once_whatever_comes_again(register, milk):
    Constants.objects.update(discount_cards=True)
    DiscountCardFactory(number="2000000000015")

    report(register, receipt(1, card="2000000000015"))
    report(register, receipt(1, card="2000000000015") + receipt(2))

    [operation] = BillingOperation.objects.all()
    assert operation.uid == f"kkm.{register.pk}.13.20261120T070100000000.1"


def test_each_till_of_a_cash_server_has_its_register(register, milk):
    equipment = EquipmentFactory(register=register, rule__warehouse=register.warehouse, exchange_kind="folder",
                                 folder="server", dialect="shtrih")  # fmt: skip
    other = RegisterFactory(warehouse=register.warehouse)
    EquipmentTill.objects.create(equipment=equipment, code="1", register=register)
    EquipmentTill.objects.create(equipment=equipment, code="2", register=other)

    file = report(register, receipt(1, till=1) + receipt(1, till=2) + receipt(1, till=3))

    assert counts(file) == {"accepted": 2, "passed_over": 3, "quarantined": 3}
    assert {one.register for one in Receipt.objects.all()} == {register, other}
    assert file.quarantine.get().code == "unknown_till"


def test_a_file_of_tills_that_nobody_has_named_is_not_of_another_dialect(register):
    equipment = EquipmentFactory(register=register, rule__warehouse=register.warehouse, exchange_kind="folder",
                                 folder="server", dialect="shtrih")  # fmt: skip
    EquipmentTill.objects.create(equipment=equipment, code="1", register=register)

    file = report(register, receipt(1, till=2) + receipt(2, till=2))

    assert (file.state, counts(file)) == (FileState.DONE, {"quarantined": 6, "passed_over": 3})


def test_two_tills_do_not_become_one_register(register, milk):
    file = report(register, receipt(1, till=1) + receipt(1, till=2))

    assert counts(file) == {"accepted": 1, "passed_over": 3, "quarantined": 3}


def test_a_payment_that_somebody_matches_later_is_mended_by_reading_again(register, milk, django_user_model):
    report(register, receipt(1, pay=7))
    waiting = KkmTransaction.objects.get()
    assert (waiting.state, balance(register, milk).sold) == ("error_desk", 0)

    equipment = EquipmentFactory(register=register, rule__warehouse=register.warehouse)
    PaymentOptionFactory(equipment=equipment, code="7")
    by = django_user_model.objects.create(username="mender")
    resubmitting.resubmit(transactions=[waiting.pk], by=by, now=NOW)

    waiting.refresh_from_db()
    assert (waiting.state, balance(register, milk).sold) == ("mended", 1)


def test_a_report_takes_a_handful_of_statements_however_many_receipts_it_has(register, milk):
    text = "".join(
        receipt(place).replace(f"10:{place:02}:00", f"{8 + place // 60:02}:{place % 60:02}:00")
        for place in range(1, 600)
    )

    with CaptureQueriesContext(connection) as asked:
        file = report(register, text)

    assert (counts(file)["accepted"], len(asked) < 40) == (599, True)
