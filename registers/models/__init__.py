from registers.models.archives import BodyArchive
from registers.models.receipts import Payment, Receipt, ReceiptLine, Shift
from registers.models.registers import PairingCode, Register, RegisterStatus, RegisterToken
from registers.models.transactions import KkmTransaction, TransactionConflict, TransactionDeed, UnbilledTransaction

__all__ = [
    "BodyArchive",
    "KkmTransaction",
    "PairingCode",
    "Payment",
    "Receipt",
    "ReceiptLine",
    "Register",
    "RegisterStatus",
    "RegisterToken",
    "Shift",
    "TransactionConflict",
    "TransactionDeed",
    "UnbilledTransaction",
]
