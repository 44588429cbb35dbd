from stock.admin.balances import BalanceAdmin
from stock.admin.documents import GoodsReceiptAdmin, WholesaleInvoiceAdmin
from stock.admin.movements import MovementAdmin

__all__ = ["BalanceAdmin", "GoodsReceiptAdmin", "MovementAdmin", "WholesaleInvoiceAdmin"]
