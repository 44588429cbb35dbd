"""What the public description of УКМ 5 leaves open, and what is assumed of it here. Nothing else in the product knows.

Once a real УКМ 5 shows otherwise, it is put right in this module alone (docs/ukm5.md has the same list for people).

Stock control (`reservationItem`):

- The schemas of its answers are known by name only (SuccessResult, UnsuccessResult, ErrorResult). Assumed: an object
  with one text, `MESSAGE`, which the till shows to the cashier.
- How DELETE is asked and answered is not described. Assumed: as POST is, with the same address and parameters.
- Assumed: quantities are differences. POST asks for so much besides what the receipt holds, DELETE gives so much up.
- Assumed: `sku`, the article in УКМ 5, is the code of our SKU, or else one of its barcodes.
- The question behind «Проверка цены» is not described, so it is not answered.

Receipts and cash, by push:

- How an entry of `additional.properties` names itself is not described. Assumed: by one of `PROPERTY_NAMES`, its value
  by one of `PROPERTY_VALUES`; the value may be a list whose first element counts.
- Assumed: `amount` of money is in roubles; `amount` of a payment is less the change, which `amountWithChange` includes.
- Assumed: times without an offset are those of the shop.
- Only the result `COMPLETED` is known; whatever else it says, the receipt was given up.
- Assumed: a card payment with `qrRequisites` is one by the Fast Payments System. Kinds of payment that are not in
  `PAYMENT_KINDS` wait for a person.
- Assumed: `taxGroup` is the code of a VAT rate as УКМ 5 was given it.

Files of «Экспорт XML»:

- The names of files, the roots, and some of `shift` are described; a `receipt`, `shiftOpen` and `cashbox` are not.
  Assumed: their elements and attributes are called as in pushed JSON, but for `SYNONYMS`; lists stand in an element of
  the list's name (`LISTS`), each entry in an element of any name; what an element with attributes says is its `TEXT`.
- Assumed: the receipts of a `shift` stand in it as elements `receipt`, in a list or not.
- Assumed: the same receipt by push and in a file has the same vendor's key, or else the same number and time of
  closing. If neither, RECEIPT_GUID shows that it has come already, and it waits for a person.
"""

import re

MESSAGE = "message"
GUID = "RECEIPT_GUID"
PROPERTY_NAMES = ("id", "key", "name", "code")
PROPERTY_VALUES = ("value", "values")
COMPLETED = "Completed"
RECEIPT_KINDS = {"Sale": "sale", "RefundOnReceipt": "return", "RefundWOReceipt": "return"}
CASH_KINDS = {"deposition": "cash_in", "withdrawal": "cash_out"}
PAYMENT_KINDS = {"Cash": "cash", "Card": "card", "Certificate": "gift_card"}
BY_QR = "sbp"

# Of «Экспорт XML».
TEXT = "amount"  # What an element says that has attributes too.
SYNONYMS = {
    "posNum": "posNumber",
    "shiftNum": "shiftNumber",
    "receiptNum": "number",
    "docNum": "localNumber",
    "type": "opType",
    "date": "opDate",
}
LISTS = frozenset({"items", "payments", "properties", "taxes", "discountCards", "discounts", "receipts", "values"})
FILE_NAMES = re.compile(
    r"(?P<root>receipt|shift|shiftOpen|cashbox)_(?P<store>[^_]+)_(?P<pos>[^_]+)_(?P<shift>[^_]+)(_(?P<document>[^_]+))??"
    r"_(?P<part>\d+)\.xml",
    re.IGNORECASE,
)


def same_guid(said: str) -> str:
    """Return a receipt's guid as it is compared: the till and the server may write it in different ways."""
    return said.strip().strip("{}").lower()
