from billing.admin.assignments import PromotionAssignmentAdmin
from billing.admin.cards import DiscountCardAdmin
from billing.admin.corrections import CorrectionDocumentAdmin
from billing.admin.kinds import BonusLifeRuleAdmin, CardKindAdmin, PromotionAdmin
from billing.admin.night_documents import AccrualDocumentAdmin, WriteOffDocumentAdmin
from billing.admin.night_runs import NightRunAdmin
from billing.admin.operations import BillingOperationAdmin
from billing.admin.owners import CardOwnerAdmin
from billing.admin.waiting import WaitingRecordAdmin

__all__ = [
    "AccrualDocumentAdmin",
    "BillingOperationAdmin",
    "BonusLifeRuleAdmin",
    "CardKindAdmin",
    "CardOwnerAdmin",
    "CorrectionDocumentAdmin",
    "DiscountCardAdmin",
    "NightRunAdmin",
    "PromotionAdmin",
    "PromotionAssignmentAdmin",
    "WaitingRecordAdmin",
    "WriteOffDocumentAdmin",
]
