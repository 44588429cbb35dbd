"""What is wrong with a transaction, in the words of whoever mends it, and what would mend it.

A problem is stored as `{"code", "attr", "params"}` and put into words when it is shown, in the language of the reader.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SENTENCES = {
    "unreadable": gettext_lazy("The message cannot be read: it is not what the contract describes."),
    "duplicate_key": gettext_lazy("The field “%(key)s” is given twice, and nobody can tell which one is meant."),
    "not_json_object": gettext_lazy("The transaction is not an object with fields."),
    "nul_character": gettext_lazy("The message holds a zero character, which no text may."),
    "bad_number": gettext_lazy("%(place)s: this is not a number."),
    "bad_time": gettext_lazy("The time of the transaction cannot be read: a date, a time and an offset are expected."),
    "time_out_of_range": gettext_lazy(
        "The time of the transaction, %(time)s, cannot be right: look at the register's clock."
    ),
    "bad_uid": gettext_lazy("%(place)s: empty or longer than 64 characters."),
    "unknown_kind": gettext_lazy("The kind of transaction “%(kind)s” is not known."),
    "receipt_missing": gettext_lazy("The transaction comes without its receipt."),
    "no_lines": gettext_lazy("The receipt has no lines."),
    "too_many_lines": gettext_lazy("The receipt has %(count)s lines, and no more than %(limit)s are taken."),
    "line_repeated": gettext_lazy("Line %(line)s is in the receipt twice."),
    "quantity_not_positive": gettext_lazy("Line %(line)s: the quantity is not above zero."),
    "number_out_of_range": gettext_lazy("%(place)s: the number is too large or below zero."),
    "too_many_decimals": gettext_lazy("%(place)s: more than %(places)s digits after the point."),
    "not_finite": gettext_lazy("%(place)s: this number is not finite."),
    "text_too_long": gettext_lazy("%(place)s: longer than %(limit)s characters."),
    "unknown_sku": gettext_lazy("Line %(line)s: nobody knows SKU “%(sku)s” or barcode “%(barcode)s”."),
    "totals_differ": gettext_lazy("The receipt's total is %(total)s, and its lines make %(lines)s."),
    "payments_differ": gettext_lazy("The receipt's total is %(total)s, and %(payments)s was paid."),
    "receipt_repeated": gettext_lazy("A receipt with the id %(uid)s has come already in another transaction."),
    "amount_missing": gettext_lazy("The amount of cash is not given."),
    "unknown_payment_kind": gettext_lazy("The kind of payment “%(kind)s” is not known."),
    "unknown_card": gettext_lazy("Nobody knows the discount card “%(card)s”: what was done to it is not on any card."),
    "billing_not_an_operation": gettext_lazy("What the till says of the discount card “%(card)s” makes no sense."),
    "billing_uid_reused": gettext_lazy(
        "Under the id %(uid)s another operation on a discount card is known; this one, on “%(card)s”, is kept aside."
    ),
    "billing_not_reversible": gettext_lazy(
        "Operation %(uid)s on the discount card “%(card)s” takes back what is neither an accrual nor a redemption."
    ),
    "billing_of_another_card": gettext_lazy(
        "Operation %(uid)s on the discount card “%(card)s” takes back what was made on another card."
    ),
    "money_alone": gettext_lazy(
        "Document %(document)s of %(amount)s is a prepayment or a payment of credit (operation %(operation)s), by which"
        " no goods move: the journal does not keep such documents."
    ),
    "conflict": gettext_lazy("Another body has come under the number and time, or the id, of a known transaction."),
}
CAUSES = {
    "unreadable": gettext_lazy("Unreadable"),
    "duplicate_key": gettext_lazy("A field given twice"),
    "not_json_object": gettext_lazy("Not an object"),
    "nul_character": gettext_lazy("A zero character"),
    "bad_number": gettext_lazy("Not a number"),
    "bad_time": gettext_lazy("Unreadable time"),
    "time_out_of_range": gettext_lazy("Impossible time"),
    "bad_uid": gettext_lazy("Unusable id"),
    "unknown_kind": gettext_lazy("Unknown kind of transaction"),
    "receipt_missing": gettext_lazy("No receipt"),
    "no_lines": gettext_lazy("A receipt without lines"),
    "too_many_lines": gettext_lazy("Too many lines"),
    "line_repeated": gettext_lazy("A repeated line number"),
    "quantity_not_positive": gettext_lazy("Quantity not above zero"),
    "number_out_of_range": gettext_lazy("A number out of range"),
    "too_many_decimals": gettext_lazy("Too many digits after the point"),
    "not_finite": gettext_lazy("A number that is not finite"),
    "text_too_long": gettext_lazy("Too long a text"),
    "unknown_sku": gettext_lazy("Unknown SKU"),
    "totals_differ": gettext_lazy("Total and lines differ"),
    "payments_differ": gettext_lazy("Total and payments differ"),
    "receipt_repeated": gettext_lazy("A repeated receipt"),
    "amount_missing": gettext_lazy("No amount of cash"),
    "unknown_payment_kind": gettext_lazy("Unknown kind of payment"),
    "unknown_card": gettext_lazy("Unknown discount card"),
    "billing_not_an_operation": gettext_lazy("A senseless operation on a card"),
    "billing_uid_reused": gettext_lazy("A repeated id of an operation on a card"),
    "billing_not_reversible": gettext_lazy("A reversal of nothing on a card"),
    "billing_of_another_card": gettext_lazy("A reversal on another card"),
    "money_alone": gettext_lazy("Money without goods"),
    "conflict": gettext_lazy("Conflict"),
}

_CORRECT_FIELD = gettext_lazy("Correct the field by the till's own copy of the receipt.")
_READ_AGAIN = gettext_lazy(
    "Have the till's software put right. What has come already is corrected here by the till's own copy, or resubmitted"
    " when a new release of the back office reads it."
)
_ACCEPT = gettext_lazy("Compare with the till's own copy. The goods have moved already, so accept it as it is.")
_CARD = gettext_lazy(
    "Compare with the till's own copy and correct the card by a document. Then accept this: the goods have moved."
)
REMEDIES = {
    "unreadable": _READ_AGAIN,
    "duplicate_key": gettext_lazy(
        "Correct the message so that the field stands in it once, with the value that is true."
    ),
    "not_json_object": _READ_AGAIN,
    "nul_character": gettext_lazy("Correct the message: take the zero character out."),
    "bad_number": _CORRECT_FIELD,
    "bad_time": gettext_lazy("Correct the time by the till's own copy of the receipt."),
    "time_out_of_range": gettext_lazy("Set the till's clock, and correct the time of this transaction."),
    "bad_uid": gettext_lazy("Give it an id that nothing else of this register has."),
    "unknown_kind": gettext_lazy(
        "Choose the kind that was meant, or resubmit it when the back office knows this kind."
    ),
    "receipt_missing": gettext_lazy("Add the receipt by the till's own copy; set it aside if there was none."),
    "no_lines": gettext_lazy("Add the lines by the till's own copy; set it aside if nothing was sold."),
    "too_many_lines": gettext_lazy("Set it aside and enter the goods by a document of stock."),
    "line_repeated": gettext_lazy("Give each line a number of its own, or take the repeated one out."),
    "quantity_not_positive": gettext_lazy("Correct the quantity by the till's own copy, or take the line out."),
    "number_out_of_range": _CORRECT_FIELD,
    "too_many_decimals": _CORRECT_FIELD,
    "not_finite": _CORRECT_FIELD,
    "text_too_long": gettext_lazy("Shorten the text."),
    "unknown_sku": gettext_lazy(
        "Choose the SKU that was sold; or enter it among the goods under this code, and resubmit."
    ),
    "totals_differ": _ACCEPT,
    "payments_differ": _ACCEPT,
    "receipt_repeated": gettext_lazy(
        "Compare it with the receipt that came first. If it is the same one, set this aside; if not, correct its id."
    ),
    "amount_missing": gettext_lazy("Enter the amount by the till's own copy."),
    "unknown_payment_kind": gettext_lazy("Choose the kind of payment that was meant."),
    "unknown_card": gettext_lazy(
        "Enter the card with this number, and within a minute the operation is applied. If none, accept it."
    ),
    "billing_not_an_operation": _CARD,
    "billing_uid_reused": _CARD,
    "billing_not_reversible": _CARD,
    "billing_of_another_card": _CARD,
    "money_alone": gettext_lazy("Enter it in the accounts, then set it aside here."),
    "conflict": gettext_lazy("Look at both bodies side by side and say which is right."),
}
# These flag a receipt that has been taken apart all the same; the others keep it, or a line of it, out of the books.
FLAGS = frozenset({
    "totals_differ", "payments_differ", "unknown_card", "billing_not_an_operation", "billing_uid_reused",
    "billing_not_reversible", "billing_of_another_card",
})  # fmt: skip
UNKNOWN_CODE = gettext_lazy("Line %(line)s: nobody knows SKU “%(sku)s”.")
UNKNOWN_BARCODE = gettext_lazy("Line %(line)s: nobody knows barcode “%(barcode)s”.")
UNREADABLE_FIELD = gettext_lazy("%(place)s: missing, or not of the kind the contract describes.")

FIELDS = {
    "amount": gettext_lazy("amount"),
    "barcode": gettext_lazy("barcode"),
    "card": gettext_lazy("discount card"),
    "cashier": gettext_lazy("cashier"),
    "discount": gettext_lazy("discount"),
    "document": gettext_lazy("fiscal document"),
    "drive": gettext_lazy("fiscal drive"),
    "kind": gettext_lazy("kind"),
    "line": gettext_lazy("line"),
    "lines": gettext_lazy("lines"),
    "number": gettext_lazy("number"),
    "occurred_at": gettext_lazy("time"),
    "of": gettext_lazy("returned receipt"),
    "order": gettext_lazy("order"),
    "payments": gettext_lazy("payments"),
    "price": gettext_lazy("price"),
    "quantity": gettext_lazy("quantity"),
    "shift": gettext_lazy("shift"),
    "sign": gettext_lazy("fiscal sign"),
    "sku": gettext_lazy("SKU"),
    "total": gettext_lazy("total"),
    "uid": gettext_lazy("unique id"),
    "vat": gettext_lazy("VAT"),
}


def describe(problem: Mapping[str, Any]) -> str:
    """Return a stored problem as a sentence. A code or a parameter this release does not know spoils nothing."""
    code = str(problem.get("code", ""))
    params = problem.get("params")
    known = {key: str(value) for key, value in params.items()} if isinstance(params, Mapping) else {}
    attr = str(problem.get("attr") or known.get("field") or known.get("path") or "")
    sentence = SENTENCES.get(code)
    if code == "unreadable" and attr:
        sentence = UNREADABLE_FIELD
    elif code == "unknown_sku" and known.get("barcode") == "" and known.get("sku"):
        sentence = UNKNOWN_CODE
    elif code == "unknown_sku" and known.get("sku") == "" and known.get("barcode"):
        sentence = UNKNOWN_BARCODE
    if sentence is None:
        details = ", ".join(f"{key}: {value}" for key, value in known.items())
        return _("Problem “%(code)s”. %(details)s") % {"code": code, "details": details}
    return str(sentence) % defaultdict(lambda: "?", known, place=place(attr))


def remedy(problem: Mapping[str, Any]) -> str:
    """Return what would mend a stored problem, as a sentence; empty for a code this release does not know."""
    return str(REMEDIES.get(str(problem.get("code", "")), ""))


def cause(code: str) -> str:
    """Return the short name of a code, under which transactions of the error desk are grouped."""
    return str(CAUSES.get(code, code))


def place(attr: str) -> str:
    """Put a path such as `receipt.lines.3.price` into words; what has no words stays as the register calls it."""
    *path, last = attr.split(".")
    name = str(FIELDS.get(last, attr))
    if len(path) > 1 and path[-2] == "lines":
        return _("Line %(line)s, %(field)s") % {"line": path[-1], "field": name}
    if last.isdigit() and path and path[-1] == "lines":
        return _("Line %(line)s") % {"line": last}
    if path and path[0] == "receipt" and last in ("number", "uid"):
        return _("Receipt, %(field)s") % {"field": name}
    if len(path) > 1 and path[-2] == "payments":
        return _("Payment %(number)s, %(field)s") % {"number": path[-1], "field": name}
    return capfirst(name) or _("The message")
