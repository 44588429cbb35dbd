from billing.admin.kinds import BonusLifeRuleAdmin, CardKindAdmin, PromotionAdmin

__all__ = [
    "BonusLifeRuleAdmin",
    "CardKindAdmin",
    "PromotionAdmin",
]
