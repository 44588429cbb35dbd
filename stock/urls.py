"""The back-office API of what is left: balances, movements and the documents behind them, under /api/v1/."""

from rest_framework.routers import SimpleRouter

from stock.api import balances, sales

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("balances", balances.BalanceViewSet, "balances")
router.register("movements", balances.MovementViewSet, "movements")
router.register("current-sales", sales.CurrentSalesViewSet, "current-sales")
router.register("current-sales/<int:parent>/lines", sales.CurrentSalesLineViewSet, "current-sales-lines")
router.register("z-reports", sales.ZReportViewSet, "z-reports")
router.register("z-reports/<int:parent>/lines", sales.ZReportLineViewSet, "z-reports-lines")

urlpatterns = router.urls
