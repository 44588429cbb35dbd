"""What the description of Artix leaves open, until a file of a real till shows otherwise (docs/artix.md)."""

import re

SALES, SHIFTS, LOG = "sales data", "shift info", "securitylog info"

# Types of documents by their numbers. A softcheck asks for money and takes none; other types wait for a person.
KINDS = {1: "sale", 2: "return", 25: "return", 3: "cash_in", 4: "cash_out", 7: "cancelled", 8: "cancelled"}
OF_GOODS = frozenset({1, 2, 25})
SOFT_CHECK = 16
# A payment among those that failed which yet has this code: the receipt was given up as a whole.
PAID = 70
GIVEN_BACK = frozenset({74, 100})
CHANGE = frozenset({72, 76, 101})
# What a code of a payment means, unless the page of the equipment says so.
PAYMENT_KINDS = {"1": "cash", "4": "card", "6": "gift_card", "7": "gift_card"}
BY_BONUS = "bonus"  # A discount of this type was paid for with bonuses.

# Goods without a group stand in this one, and goods without VAT in this group of taxes, which has none.
NO_GROUP, NO_VAT = "0", 99

# An identifier as long as this is one of the whole chain; a shorter one is of its till alone.
CHAIN_WIDE = 12
_OF_A_LINE = re.compile(r"/\d{1,9}$", re.ASCII)
_LONGEST = 60


def known_as(identifier: str, cash: str) -> str:
    """Return the uid of a receipt that calls itself so."""
    if len(identifier) >= CHAIN_WIDE:
        return identifier[:_LONGEST]
    return f"artix-{cash[:20]}-{identifier}"


def sale_of(source: str) -> str:
    """Return the identifier of the sale out of «identifier/line»."""
    return _OF_A_LINE.sub("", source)
