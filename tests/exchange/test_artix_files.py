"""Sales files of Artix in the journal: receipts, cards and Z-reports, once, whichever upload told of them first."""

from datetime import UTC, datetime

import pytest

from billing.models import BillingOperation
from exchange.choices import FileDialect, FileState
from exchange.models import EquipmentTill
from exchange.services.transaction_files import words
from registers.models import KkmTransaction, Receipt, Shift
from retail.models import Constants
from stock.models import ZReport
from stock.services import processing
from stock.services.error_desk import resubmitting
from tests.exchange.artix import document, paid, position, shift, told
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


def sales(register, *documents, shifts=(), **fields):
    return loaded(register, told(documents, shifts), name="sale1.json", dialect=FileDialect.ARTIX, **fields)


def test_a_shift_becomes_receipts_and_a_z_report_that_agrees(register, milk):
    back = document(
        3, docType=2, sourceidentifier=document(1)["identifier"] + "/1", moneyPositions=[paid(99, operation=74)]
    )
    ends = shift(sumGain=99, kkms=[{"sumBack": 99, "sumCashEnd": 99}])

    file = sales(register, document(1), document(2), back, document(4, docType=8), shifts=[ends])

    assert (file.state, counts(file)) == (FileState.DONE, {"accepted": 6, "passed_over": 6})
    assert balance(register, milk).sold == 1
    assert Receipt.objects.get(kind="return").of_uid == document(1)["identifier"]
    processing.run(now=NOW)
    report = ZReport.objects.get()
    assert (report.shift.number, report.discrepancies.count()) == (12, 0)


def test_what_was_uploaded_after_each_receipt_is_known_in_the_file_of_the_shift(register, milk):
    sales(register, document(1), shifts=[shift(timeEnd=None)])
    sales(register, document(2), shifts=[shift(timeEnd=None)])

    whole = sales(register, document(1), document(2), document(3), shifts=[shift()])

    assert {key: count for key, count in counts(whole).items() if key != "passed_over"} == {
        "accepted": 2, "duplicate": 3,
    }  # fmt: skip
    assert balance(register, milk).sold == 3
    assert Shift.objects.get().closed_at == datetime(2026, 11, 20, 19, tzinfo=UTC)


def test_the_tills_of_a_cash_server_are_told_apart(register, milk):
    second = RegisterFactory(warehouse=register.warehouse)
    equipment = EquipmentFactory(register=register, rule__warehouse=register.warehouse)
    EquipmentTill.objects.create(equipment=equipment, code="1", register=register)
    EquipmentTill.objects.create(equipment=equipment, code="2", register=second)

    file = sales(register, document(1), document(1, cashCode="02", identifier="x" * 20), document(1, cashCode="3"))

    assert {one.register_id for one in KkmTransaction.objects.all()} == {register.pk, second.pk}
    [line] = file.quarantine.all()
    assert words.fault(line.code, line.params) == "Of till 3 nobody has said which register it is."


def test_a_kind_of_payment_is_matched_on_the_page_of_the_equipment_and_read_again(register, milk, django_user_model):
    sales(register, document(1, moneyPositions=[paid(99, by=12)]))
    waiting = KkmTransaction.objects.get()
    assert [one["code"] for one in waiting.problems] == ["unknown_payment_kind"]
    equipment = EquipmentFactory(register=register, rule__warehouse=register.warehouse)
    PaymentOptionFactory(equipment=equipment, code="12", kind="sbp")

    by = django_user_model.objects.create(username="mender")
    resubmitting.resubmit(transactions=[waiting.pk], by=by, now=NOW)

    assert Receipt.objects.get().payments.get().kind == "sbp"
    assert balance(register, milk).sold == 1


def test_cards_accrue_once_and_a_return_takes_that_back(register, milk):
    Constants.objects.update(discount_cards=True)
    DiscountCardFactory(number="2000000000015")
    card = {"cardPositions": [{"number": "2000000000015"}]}
    positions = [position(bonusPositions=[{"amount": 4.5}])]
    sold = document(1, inventPositions=positions, **card)
    back = document(2, docType=2, inventPositions=positions, sourceidentifier=sold["identifier"] + "/1", **card)

    for _time in range(2):
        sales(register, sold)
        sales(register, sold, back)

    kinds = BillingOperation.objects.order_by("pk").values_list("kind", "bonuses", "turnover")
    assert [(kind, float(bonuses), float(turnover)) for kind, bonuses, turnover in kinds] == [
        ("accrue", 4.5, 99), ("reverse", 4.5, 99),
    ]  # fmt: skip
    assert not KkmTransaction.objects.exclude(problems=[]).exists()


def test_what_is_broken_is_kept_with_its_line_and_in_words(register, milk):
    content = told([document(1), document(2)]).replace(b'"docNum": 2', b'"docNum": ?') + b"###x begin### {} \n"

    file = loaded(register, content, dialect=FileDialect.ARTIX)

    assert counts(file)["accepted"] == 1
    assert [words.fault(line.code, line.params) for line in file.quarantine.order_by("number")] == [
        "The document is broken, or the file ends within it.",
        "Nobody knows what a section “x” is.",
    ]
