from registers.admin.conflicts import TransactionConflictAdmin
from registers.admin.receipts import ReceiptAdmin
from registers.admin.registers import RegisterAdmin
from registers.admin.shifts import ShiftAdmin
from registers.admin.transactions import KkmTransactionAdmin

__all__ = [
    "KkmTransactionAdmin",
    "ReceiptAdmin",
    "RegisterAdmin",
    "ShiftAdmin",
    "TransactionConflictAdmin",
]
