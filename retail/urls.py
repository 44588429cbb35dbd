"""The back-office API of reference: what people's own programs read and set under /api/v1/."""

from rest_framework.routers import SimpleRouter

from retail.api import goods, places, prices

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("organizations", places.OrganizationViewSet, "organizations")
router.register("shops", places.ShopViewSet, "shops")
router.register("warehouses", places.WarehouseViewSet, "warehouses")
router.register("counterparties", places.CounterpartyViewSet, "counterparties")
router.register("item-groups", goods.ItemGroupViewSet, "item-groups")
router.register("units", goods.UnitViewSet, "units")
router.register("vat-rates", goods.VatRateViewSet, "vat-rates")
router.register("items", goods.ItemViewSet, "items")
router.register("characteristics", goods.CharacteristicViewSet, "characteristics")
router.register("packs", goods.PackViewSet, "packs")
router.register("skus", goods.SkuViewSet, "skus")
router.register("barcodes", goods.BarcodeViewSet, "barcodes")
router.register("price-types", prices.PriceTypeViewSet, "price-types")
router.register("prices", prices.PriceViewSet, "prices")

urlpatterns = router.urls
