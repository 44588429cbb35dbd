"""What receipts tell of cards: from the upload to the ledger, once, and never in the way of the receipt."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from billing import tasks
from billing.models import BillingOperation, WaitingRecord
from billing.services import operations, records
from billing.services.operations import refusals
from registers.choices import TransactionState
from registers.models import KkmTransaction, UnbilledTransaction
from registers.services import problems
from retail.models import Constants
from stock.services import error_desk, intake
from tests.billing.carding import CARD, NOW, available, card, lots, online
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import entries, event, line, sale

pytestmark = pytest.mark.django_db


@pytest.fixture
def register():
    SkuFactory(code="10001")
    return RegisterFactory()


def receipt(number, *billing, **fields):
    return sale(number, line("10001"), receipt={"uid": f"R{number}", "card": CARD}, billing=list(billing), **fields)


def take_in(register, *transactions):
    return [
        outcome.status
        for outcome in intake.take_in(
            register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW
        )
    ]


def accrual(uid="a", bonuses="10.00", **fields):
    return {"uid": uid, "kind": "accrue", "bonuses": bonuses, **fields}


def test_what_a_receipt_tells_of_a_card_is_queued_and_applied_once(register):
    card()
    told = receipt(1, accrual(turnover="99.00", receipts=1), {"uid": "r", "kind": "redeem", "bonuses": "4.00"})

    assert take_in(register, told) == ["accepted"]
    assert UnbilledTransaction.objects.count() == 1
    assert records.work_off(now=NOW) == 1
    assert records.work_off(now=NOW) == 0

    assert take_in(register, told) == ["duplicate"]
    assert UnbilledTransaction.objects.count() == 0
    assert lots() == [(10, 6)]
    operation = BillingOperation.objects.get(uid="a")
    assert (operation.receipt_uid, operation.register, operation.source) == ("R1", register, "receipt")


def test_a_receipt_without_billing_is_not_queued(register):
    take_in(register, receipt(1))

    assert UnbilledTransaction.objects.count() == 0


def test_an_on_line_operation_is_known_when_its_receipt_comes(register):
    card()
    online(register, "a", "accrue", "10.00")

    take_in(register, receipt(1, accrual(), accrual("b")))
    records.work_off(now=NOW)

    assert available(register) == 20
    assert BillingOperation.objects.get(uid="a").receipt_uid == "R1"


def test_a_record_without_an_id_is_bound_to_its_transaction(register):
    card()
    told = receipt(7, {"kind": "accrue", "bonuses": "10.00"}, {"kind": "accrue", "bonuses": "5.00"})

    take_in(register, told)
    records.work_off(now=NOW)
    UnbilledTransaction.objects.create(transaction=KkmTransaction.objects.get(), records=told["billing"])
    records.work_off(now=NOW)

    assert available(register) == 15
    made = list(BillingOperation.objects.order_by("pk").values_list("uid", flat=True))
    assert made == [f"kkm.{register.pk}.7.20261120T071532000000.{place}" for place in (1, 2)]


def test_what_overdraws_is_recorded_and_flagged(register):
    card()

    take_in(register, receipt(1, {"uid": "r", "kind": "redeem", "bonuses": "4.00"}))
    records.work_off(now=NOW)

    assert BillingOperation.objects.get().overdrawn
    assert available(register) == -4


def test_an_unknown_card_waits_on_the_error_desk_until_it_is_entered(register):
    take_in(register, receipt(1, accrual(), accrual("b", card="404")))
    records.work_off(now=NOW)

    recorded = KkmTransaction.objects.get()
    assert (recorded.state, len(recorded.problems)) == (TransactionState.ERROR_DESK, 2)
    assert CARD in problems.describe(recorded.problems[0])
    card()
    assert records.retry(now=NOW) == 1
    recorded.refresh_from_db()
    assert (recorded.state, len(recorded.problems)) == (TransactionState.ERROR_DESK, 1)
    card("404")
    assert records.retry(now=NOW) == 1
    recorded.refresh_from_db()

    assert (recorded.state, recorded.problems) == (TransactionState.MENDED, [])
    assert available(register) == available(register, number="404") == 10
    assert set(WaitingRecord.objects.values_list("state", flat=True)) == {"applied"}


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (accrual("a", "11.00"), "billing_uid_reused"),
        (accrual("b", "-1.00"), "billing_not_an_operation"),
        (accrual("b", "0.00"), "billing_not_an_operation"),
        (accrual("b", "NaN"), "billing_not_an_operation"),
        (accrual("b" * 65), "billing_not_an_operation"),
        (accrual("b", card="4" * 65), "billing_not_an_operation"),
        (accrual("b", "1", receipts=10**12), "billing_not_an_operation"),
        ({"uid": "v", "kind": "reverse"}, "billing_not_an_operation"),
        ({"uid": "w", "kind": "reverse", "of": "v"}, "billing_not_reversible"),
        ({"uid": "w", "kind": "reverse", "of": "a", "card": "2000000000022"}, "billing_of_another_card"),
    ],
)
def test_nonsense_waits_for_a_person_and_nothing_else_does(register, record, code):
    card()
    card("2000000000022")
    online(register, "a", "accrue", "10.00")
    online(register, "v", "reverse", "1.00", of="a")

    assert take_in(register, receipt(1, record, accrual("z"))) == ["accepted"]
    records.work_off(now=NOW)

    recorded = KkmTransaction.objects.get()
    [waiting] = WaitingRecord.objects.all()
    assert [problem["code"] for problem in recorded.problems] == [waiting.problem["code"]] == [code]
    assert problems.remedy(recorded.problems[0])
    assert BillingOperation.objects.filter(uid="z").exists()


def test_what_was_accepted_as_it_is_is_not_applied_any_more(register):
    take_in(register, receipt(1, accrual()))
    records.work_off(now=NOW)
    by = UserFactory()
    by.user_permissions.set(Permission.objects.filter(codename="decide_desktransaction"))

    accepted = error_desk.accept_as_is(
        transactions=[KkmTransaction.objects.get().pk], by=by, reason="Карты нет", now=NOW
    )
    records.retry(now=NOW)
    card()

    assert accepted == 1
    assert records.retry(now=NOW) == 0
    assert WaitingRecord.objects.get().state == "set_aside"


def test_without_discount_cards_the_queue_waits_until_there_are(register):
    card()
    Constants.objects.update(discount_cards=False)
    take_in(register, receipt(1, accrual()))

    assert records.work_off(now=NOW) == 0
    Constants.objects.update(discount_cards=True, online_registers=False)
    assert records.work_off(now=NOW) == 1

    assert BillingOperation.objects.count() == 1


def test_billing_may_accompany_what_has_no_receipt(register):
    card()
    opened = event(1, "shift_open", billing=[accrual(card=CARD), accrual("b", card="404")])

    take_in(register, opened)
    records.work_off(now=NOW)

    assert BillingOperation.objects.get().receipt_uid == ""
    assert KkmTransaction.objects.get().state == TransactionState.ACCEPTED
    assert WaitingRecord.objects.get().problem["code"] == "unknown_card"


def test_a_transaction_that_cannot_be_applied_now_stays_queued_and_holds_nobody_up(register, monkeypatch):
    card()
    take_in(register, receipt(1, accrual("bad")), receipt(2, accrual("good")))
    record = operations.record

    def failing(*, wanted, **fields):
        if wanted.uid == "bad":
            raise refusals.CardsUnavailable
        return record(wanted=wanted, **fields)

    monkeypatch.setattr(operations, "record", failing)
    assert records.work_off(now=NOW) == 1
    assert BillingOperation.objects.get().uid == "good"
    monkeypatch.undo()
    tasks.records_apply()

    assert available(register) == 20


def test_only_so_much_is_done_while_a_register_waits(register):
    card()
    take_in(register, receipt(1, accrual("a")), receipt(2, accrual("b")), receipt(3, accrual("c")))

    assert records.work_off(now=NOW, most=2, register_id=register.pk) == 2
    assert records.work_off(now=NOW, register_id=RegisterFactory().pk) == 0


def test_a_mended_transaction_is_queued_by_the_error_desk(register):
    card()
    late = receipt(1, accrual(), occurred_at=(NOW + timedelta(days=30)).isoformat())
    assert take_in(register, late) == ["error_desk"]
    assert records.work_off(now=NOW) == 0

    error_desk.resubmit(transactions=[KkmTransaction.objects.get().pk], by=UserFactory(), now=NOW + timedelta(days=30))

    assert records.work_off(now=NOW + timedelta(days=30)) == 1
