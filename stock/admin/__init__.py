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
<<<<<<< stock/admin/__init__.py
    "GoodsReceiptAdmin",
    "MovementAdmin",
    "StockCountAdmin",
    "StockTransferAdmin",
    "WholesaleInvoiceAdmin",
=======
    "CurrentSalesAdmin",
    "GoodsReceiptAdmin",
    "MovementAdmin",
    "PostedReceiptAdmin",
    "SettledShiftAdmin",
    "StockTransferAdmin",
    "WholesaleInvoiceAdmin",
    "ZReportAdmin",
>>>>>>> /tmp/docs-wip/theirs
]
