from stock.admin.balances import BalanceAdmin
from stock.admin.documents import GoodsReceiptAdmin, WholesaleInvoiceAdmin
from stock.admin.movements import MovementAdmin
from stock.admin.transfers import StockTransferAdmin

__all__ = ["BalanceAdmin", "GoodsReceiptAdmin", "MovementAdmin", "StockTransferAdmin", "WholesaleInvoiceAdmin"]
