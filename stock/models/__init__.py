from stock.models.balances import Balance, WarehouseFeed
from stock.models.documents import DocumentLine, GoodsReceipt, StockDocument, WholesaleInvoice
from stock.models.movements import Movement
from stock.models.postings import MendedLine, ReceiptPosting, UnpostedReceipt, UnsettledShift
from stock.models.sales import CurrentSales, Discrepancy, SalesLine, ZReport, ZReportTotal

__all__ = [
    "Balance",
    "CurrentSales",
    "Discrepancy",
    "DocumentLine",
    "GoodsReceipt",
    "MendedLine",
    "Movement",
    "ReceiptPosting",
    "SalesLine",
    "StockDocument",
    "UnpostedReceipt",
    "UnsettledShift",
    "WarehouseFeed",
    "WholesaleInvoice",
    "ZReport",
    "ZReportTotal",
]
