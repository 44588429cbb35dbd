from stock.admin.balances import BalanceAdmin
from stock.admin.conflicts import SettlingConflictAdmin
from stock.admin.counts import StockCountAdmin
from stock.admin.documents import GoodsReceiptAdmin, WholesaleInvoiceAdmin
from stock.admin.error_desk import DeskTransactionAdmin
from stock.admin.movements import MovementAdmin
from stock.admin.orders import CustomerOrderAdmin
from stock.admin.receipts import PostedReceiptAdmin
from stock.admin.reservations import ReservationAdmin
from stock.admin.sales import CurrentSalesAdmin, ZReportAdmin
from stock.admin.shifts import SettledShiftAdmin
from stock.admin.transfers import StockTransferAdmin

__all__ = [
    "BalanceAdmin",
    "CurrentSalesAdmin",
    "CustomerOrderAdmin",
    "DeskTransactionAdmin",
    "GoodsReceiptAdmin",
    "MovementAdmin",
    "PostedReceiptAdmin",
    "ReservationAdmin",
    "SettledShiftAdmin",
    "SettlingConflictAdmin",
    "StockCountAdmin",
    "StockTransferAdmin",
    "WholesaleInvoiceAdmin",
    "ZReportAdmin",
]
