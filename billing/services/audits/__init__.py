"""Proof of the ledger of cards: what stands on a card is what its lots hold and what its entries add up to.

Each check is a `.sql` file here, of the shape of those of the books (`stock.services.audits`), with which they run: the
application says so when it starts (`billing.apps`).
"""

from django.utils.translation import gettext_noop

from retail.services.statements import Statement, beside

# What is checked, in the words of the log and the command.
CHECKS: dict[str, Statement] = {
    gettext_noop("figures of cards are what remains of their lots"): beside(__file__, "cards.sql", prepared=False),
    gettext_noop("figures of cards are the sum of their entries"): beside(__file__, "entries.sql", prepared=False),
    gettext_noop("lots that have begun are the sum of their entries"): beside(__file__, "lots.sql", prepared=False),
    gettext_noop("lots that have not begun are what was not taken back"): beside(
        __file__, "pending.sql", prepared=False
    ),
    gettext_noop("corrections by hand are the sum of their entries"): beside(
        __file__, "corrections.sql", prepared=False
    ),
    gettext_noop("documents of the night are the sum of their entries"): beside(__file__, "night.sql", prepared=False),
}
