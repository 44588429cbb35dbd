from billing.models.assignments import PromotionAssignment
from billing.models.cards import CardNumber, CardOwner, DiscountCard
from billing.models.corrections import CorrectionDocument, CorrectionLine
from billing.models.kinds import BonusLifeRule, CardKind, DiscountThreshold, Promotion
from billing.models.ledger import BillingOperation, CardDocument, LedgerEntry, Lot, WaitingRecord
from billing.models.night import AccrualDocument, NightChunk, NightRun, WriteOffDocument

__all__ = [
    "AccrualDocument",
    "BillingOperation",
    "BonusLifeRule",
    "CardDocument",
    "CardKind",
    "CardNumber",
    "CardOwner",
    "CorrectionDocument",
    "CorrectionLine",
    "DiscountCard",
    "DiscountThreshold",
    "LedgerEntry",
    "Lot",
    "NightChunk",
    "NightRun",
    "Promotion",
    "PromotionAssignment",
    "WaitingRecord",
    "WriteOffDocument",
]
