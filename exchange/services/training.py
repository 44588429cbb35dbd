"""Registers that a till on a page of the back office may be: those that no other device works as.

Such a till is a register like any other: it pairs by a code, sells from its warehouse, and its receipts are taken into
the books. So it is let at registers made for it, and never at one that a real device signs in as.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from registers.models import Register, RegisterToken
from retail.exceptions import DomainError

SOFTWARE = "Prilavok.Till"  # As static/exchange/till/till.js calls itself.


class RegisterTaken(DomainError):
    code = "register_taken"

    def __init__(self) -> None:
        super().__init__(_("Another device signs in as this register, or it does not speak over the network."))


def registers() -> QuerySet[Register]:
    """Return the registers a page may pair; each tells whether it is `paired` with a page already.

    The newest come first, as registers for training are made when all others are there.
    """
    live = Exists(RegisterToken.objects.live().filter(register=OuterRef("pk")))
    ours = Q(status__software=SOFTWARE)
    free = Register.objects.active().filter(equipment=None, ukm5_till=None).annotate(paired=live)
    return free.filter(Q(paired=False) | ours).select_related("shop", "warehouse").order_by("-pk")


def check_may_pair(*, register: Register) -> None:
    """Raises `RegisterTaken`."""
    if not registers().filter(pk=register.pk).exists():
        raise RegisterTaken
