"""The back-office API of what happened: registers and what they reported, under /api/v1/."""

from rest_framework.routers import SimpleRouter

from registers.api import journals, registers

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("registers", registers.RegisterViewSet, "registers")
router.register("shifts", journals.ShiftViewSet, "shifts")
router.register("receipts", journals.ReceiptViewSet, "receipts")
router.register("transactions", journals.TransactionViewSet, "transactions")

urlpatterns = router.urls
