"""The error desk as people see it: transactions that wait, and what was done with those that waited."""

from django.utils.translation import gettext_lazy as _

from registers.models import KkmTransaction


class DeskTransaction(KkmTransaction):
    """A transaction seen as work to do. It has permissions of its own: mending moves stock, reading a journal does not.

    `mend` is resubmitting and saying which SKU a code means; `decide` is correcting figures, accepting what disagrees,
    setting aside, and settling conflicts.
    """

    class Meta:
        proxy = True
        verbose_name = _("transaction on the error desk")
        verbose_name_plural = _("error desk")
        default_permissions = ("view",)
        permissions = [
            ("mend_desktransaction", _("Can mend transactions on the error desk")),
            ("decide_desktransaction", _("Can correct, accept and set aside transactions of the error desk")),
        ]
