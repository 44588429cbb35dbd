"""Why a register could not be fetched from, as people read it."""

from django.utils.translation import gettext_lazy as _

FAILURES = {
    "no_networks": _("Set REGISTER_NETWORKS in the server's environment to the networks where registers stand."),
    "outside_networks": _("The address is not in the networks of registers (REGISTER_NETWORKS): %(detail)s."),
    "unknown_name": _("Nobody knows the name in the address (%(detail)s)."),
    "no_connection": _("Nobody answers at the address (%(detail)s): is the register on, is the port right?"),
    "timeout": _("The register answers too slowly (%(detail)s)."),
    "broken_off": _("The connection broke off in the middle (%(detail)s)."),
    "redirected": _("The register sends us to another address (%(detail)s); we go nowhere but to its own."),
    "key_refused": _("The register refuses our key (%(detail)s): enter the right one."),
    "wrong_status": _("The register answered %(detail)s instead of 200."),
    "packed": _("The answer is packed (%(detail)s): it has to come as it is."),
    "too_large": _("The answer is larger than %(detail)s bytes: the register gives more than was asked for."),
    "too_many": _("The answer has %(detail)s transactions: the register gives more than was asked for."),
    "not_as_agreed": _("The answer is not JSON with a list of transactions and a cursor (%(detail)s)."),
    "no_cursor": _("The answer has transactions and no cursor (“after”): they could not be acknowledged."),
    "cursor_stuck": _("The cursor of the answer does not move on from “%(detail)s”."),
    "busy": _("The database was busy: nothing is lost, it is tried again."),
    "failed": _("Something unforeseen went wrong (%(detail)s): the server's log has it."),
}


def failure(code: str, detail: str) -> str:
    """Return the sentence for a code, with what the machine said."""
    return str(FAILURES.get(code, code)) % {"detail": detail}
