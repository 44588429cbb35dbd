"""«Рабочее место ошибок»: what a person does about transactions that could not be understood or applied.

Every verb is safe when two people press at once: it locks the transaction's row, looks whether it still waits, and does
its work in one database transaction. What came is never changed; what was done is a `TransactionDeed` beside it.

A transaction with a *blocking* problem has not been taken apart: it is resubmitted or corrected whole. One whose
problems only *flag* it has been, and is accepted as it is. Of one with unknown goods all the other lines have moved,
and the unknown ones are mended by themselves (`stock.MendedLine`).
"""

from stock.services.error_desk.causes import Cause, causes, open_conflicts, waiting
from stock.services.error_desk.conflicts import keep_first, record_both, take_second
from stock.services.error_desk.correcting import correct
from stock.services.error_desk.deciding import accept_as_is, set_aside, take_back
from stock.services.error_desk.lines import UnknownCode, map_code, unknown_codes
from stock.services.error_desk.resubmitting import Resubmitted, resubmit

__all__ = [
    "Cause",
    "Resubmitted",
    "UnknownCode",
    "accept_as_is",
    "causes",
    "correct",
    "keep_first",
    "map_code",
    "open_conflicts",
    "record_both",
    "resubmit",
    "set_aside",
    "take_back",
    "take_second",
    "unknown_codes",
    "waiting",
]
