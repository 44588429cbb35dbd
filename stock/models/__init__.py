from stock.models.balances import Balance, WarehouseFeed
from stock.models.counts import CountLine, StockCount
from stock.models.documents import DocumentLine, GoodsReceipt, StockDocument, WholesaleInvoice
from stock.models.error_desk import DeskTransaction
from stock.models.movements import Movement
from stock.models.orders import CustomerOrder, OrderEvent, OrderFeed, OrderHandout
from stock.models.postings import MendedLine, ReceiptPosting, UnpostedReceipt, UnsettledShift
from stock.models.reservations import Reservation
from stock.models.sales import CurrentSales, Discrepancy, SalesLine, ZReport, ZReportTotal
from stock.models.transfers import StockTransfer

__all__ = [
    "Balance",
    "CountLine",
    "CurrentSales",
    "CustomerOrder",
    "DeskTransaction",
    "Discrepancy",
    "DocumentLine",
    "GoodsReceipt",
    "MendedLine",
    "Movement",
    "OrderEvent",
    "OrderFeed",
    "OrderHandout",
    "ReceiptPosting",
    "Reservation",
    "SalesLine",
    "StockCount",
    "StockDocument",
    "StockTransfer",
    "UnpostedReceipt",
    "UnsettledShift",
    "WarehouseFeed",
    "WholesaleInvoice",
    "ZReport",
    "ZReportTotal",
]
