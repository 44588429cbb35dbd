from billing.models.cards import CardNumber, CardOwner, DiscountCard
from billing.models.kinds import BonusLifeRule, CardKind, DiscountThreshold, Promotion
from billing.models.ledger import BillingOperation, CardDocument, LedgerEntry, Lot, WaitingRecord

__all__ = [
    "BillingOperation",
    "BonusLifeRule",
    "CardDocument",
    "CardKind",
    "CardNumber",
    "CardOwner",
    "DiscountCard",
    "DiscountThreshold",
    "LedgerEntry",
    "Lot",
    "Promotion",
    "WaitingRecord",
]
