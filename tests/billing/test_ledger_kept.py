"""What the database itself refuses, whichever way a row is reached."""

import pytest
from django.db import IntegrityError, connection, transaction

from billing.models import BonusLifeRule, DiscountCard, DiscountThreshold
from retail.models import Edit
from tests.billing.carding import card, online
from tests.factories.billing import BonusLifeRuleFactory, CardOwnerFactory, DiscountThresholdFactory
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_ledgerentry SET delta = 1",
        "DELETE FROM billing_ledgerentry",
        "DELETE FROM billing_lot",
        "DELETE FROM billing_billingoperation",
        "DELETE FROM billing_discountcard",
        "UPDATE billing_lot SET amount = 5",
        "UPDATE billing_lot SET expires_at = now()",
        "UPDATE billing_lot SET activated = false",
        "UPDATE billing_lot SET remaining = 11",
        "UPDATE billing_lot SET remaining = -1",
        "UPDATE billing_billingoperation SET bonuses = 1",
        "UPDATE billing_billingoperation SET receipt_uid = 'R2'",
    ],
)
def test_the_ledger_only_grows(statement):
    card()
    online(RegisterFactory(), "a", "accrue", "10", receipt_uid="R1")

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("make", "constraint"),
    [
        (lambda: BonusLifeRuleFactory(starts="on"), "starts"),
        (lambda: BonusLifeRuleFactory(lives="days"), "how_long"),
        (lambda: BonusLifeRuleFactory(lives="until"), "until_what_date"),
        (lambda: DiscountThresholdFactory(percent=101), "percentage"),
        (lambda: DiscountThresholdFactory(reached=-1), "not_negative"),
        (lambda: CardOwnerFactory(erased_at="2026-11-20T12:00:00Z"), "erased_wholly"),
        (lambda: DiscountCard.objects.filter(pk=card().pk).update(replaced_by=card("2").pk), "closed_once_replaced"),
    ],
)
def test_nonsense_is_refused_in_words(make, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


def test_what_is_set_keeps_its_history():
    threshold = DiscountThresholdFactory()
    rule = BonusLifeRuleFactory()
    BonusLifeRule.objects.filter(pk=rule.pk).update(name="Новое")
    DiscountThreshold.objects.all().delete()

    told = Edit.objects.filter(model__startswith="billing.").order_by("pk").values_list("model", "act", "page_id")
    assert list(told) == [
        ("billing.cardkind", "added", threshold.kind_id),
        ("billing.discountthreshold", "added", threshold.kind_id),
        ("billing.bonusliferule", "added", rule.pk),
        ("billing.bonusliferule", "changed", rule.pk),
        ("billing.discountthreshold", "deleted", threshold.kind_id),
    ]
