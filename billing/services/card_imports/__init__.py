"""Cards from Excel and CSV files, in the way of goods (`retail.services.imports`), with which they are read and shown.

A row names a card by its numbers. One that is there gets what it lacks: further numbers, an owner or what was changed
of one, and what it begins with. What a card begins with is an operation of the ledger under an id of that card, so that
the same file again changes nothing, and another amount is refused: a correction mends it. Kinds and statuses of cards
that are there are not changed by a file, and what was erased on request is not brought back.
"""

from billing.services.card_imports.importer import CardImporter

__all__ = ["CardImporter"]
