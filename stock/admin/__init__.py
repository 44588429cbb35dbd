from stock.admin.balances import BalanceAdmin
from stock.admin.counts import StockCountAdmin
from stock.admin.documents import GoodsReceiptAdmin, WholesaleInvoiceAdmin
from stock.admin.movements import MovementAdmin
from stock.admin.receipts import PostedReceiptAdmin
from stock.admin.sales import CurrentSalesAdmin, ZReportAdmin
from stock.admin.shifts import SettledShiftAdmin
from stock.admin.transfers import StockTransferAdmin

__all__ = [
    "BalanceAdmin",
    "CurrentSalesAdmin",
    "GoodsReceiptAdmin",
    "MovementAdmin",
    "PostedReceiptAdmin",
    "SettledShiftAdmin",
    "StockCountAdmin",
    "StockTransferAdmin",
    "WholesaleInvoiceAdmin",
    "ZReportAdmin",
]
