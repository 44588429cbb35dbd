from stock.models.balances import Balance, WarehouseFeed
from stock.models.documents import DocumentLine, GoodsReceipt, StockDocument, WholesaleInvoice
from stock.models.movements import Movement

__all__ = [
    "Balance",
    "DocumentLine",
    "GoodsReceipt",
    "Movement",
    "StockDocument",
    "WarehouseFeed",
    "WholesaleInvoice",
]
