"""The back-office API of what is left: balances, movements and the documents behind them, under /api/v1/."""

from rest_framework.routers import SimpleRouter

from stock.api import balances, documents, holds, orders, sales

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("balances", balances.BalanceViewSet, "balances")
router.register("movements", balances.MovementViewSet, "movements")
router.register("goods-receipts", documents.GoodsReceiptViewSet, "goods-receipts")
router.register("goods-receipts/<int:parent>/lines", documents.GoodsReceiptLineViewSet, "goods-receipts-lines")
router.register("wholesale-invoices", documents.WholesaleInvoiceViewSet, "wholesale-invoices")
router.register(
    "wholesale-invoices/<int:parent>/lines", documents.WholesaleInvoiceLineViewSet, "wholesale-invoices-lines"
)
router.register("stock-transfers", documents.StockTransferViewSet, "stock-transfers")
router.register("stock-transfers/<int:parent>/lines", documents.StockTransferLineViewSet, "stock-transfers-lines")
router.register("stock-counts", documents.StockCountViewSet, "stock-counts")
router.register("stock-counts/<int:parent>/lines", documents.StockCountLineViewSet, "stock-counts-lines")
router.register("customer-orders", orders.CustomerOrderViewSet, "customer-orders")
router.register("customer-orders/<int:parent>/lines", orders.CustomerOrderLineViewSet, "customer-orders-lines")
router.register("reservations", holds.ReservationViewSet, "reservations")
router.register("current-sales", sales.CurrentSalesViewSet, "current-sales")
router.register("current-sales/<int:parent>/lines", sales.CurrentSalesLineViewSet, "current-sales-lines")
router.register("z-reports", sales.ZReportViewSet, "z-reports")
router.register("z-reports/<int:parent>/lines", sales.ZReportLineViewSet, "z-reports-lines")

urlpatterns = router.urls
