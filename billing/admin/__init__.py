from billing.admin.assignments import PromotionAssignmentAdmin
from billing.admin.cards import DiscountCardAdmin
from billing.admin.corrections import CorrectionDocumentAdmin
from billing.admin.kinds import BonusLifeRuleAdmin, CardKindAdmin, PromotionAdmin
from billing.admin.operations import BillingOperationAdmin
from billing.admin.owners import CardOwnerAdmin
from billing.admin.waiting import WaitingRecordAdmin

__all__ = [
    "BillingOperationAdmin",
    "BonusLifeRuleAdmin",
    "CardKindAdmin",
    "CardOwnerAdmin",
    "CorrectionDocumentAdmin",
    "DiscountCardAdmin",
    "PromotionAdmin",
    "PromotionAssignmentAdmin",
    "WaitingRecordAdmin",
]
