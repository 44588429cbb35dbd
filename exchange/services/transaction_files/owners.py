"""Whose a piece of a file is: of the file's register, or of the till of a cash server that it names."""

from exchange.messages import Piece
from exchange.models import EquipmentTill, TransactionFile
from registers.models import Register

UNKNOWN_TILL = "unknown_till"


class Owners:
    """The registers of one file.

    Where the equipment of its register has tills, the file is of a cash server, and each till is looked up by the
    number that the file calls it. Otherwise the first number in the file is that of its register, whatever it is, and
    another one is nobody's: two registers must not become one.
    """

    def __init__(self, file: TransactionFile) -> None:
        self._register = file.register
        found = EquipmentTill.objects.filter(equipment__register=file.register)
        self._tills = {till.code: till.register for till in found.select_related("register__shop")}
        self._own: str | None = None

    def of(self, piece: Piece) -> Register | None:
        """Return the register of a piece that has an entry; None if nobody has named it."""
        if not piece.workplace:
            return self._register
        if self._tills:
            return self._tills.get(piece.workplace)
        if self._own is None:
            self._own = piece.workplace
        return self._register if piece.workplace == self._own else None
