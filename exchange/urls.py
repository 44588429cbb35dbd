"""The KKMTransfer service under /kkm/v1/, those for УКМ 5 and Artix, and EquipmentService under the name of its base.

`wait` is served by a process of its own (exchange/api/wait.py).
"""

from django.urls import URLPattern, URLResolver, include, path

from exchange.api import (
    artix,
    cards,
    equipment_service,
    errors,
    goods,
    joining,
    orders,
    reservations,
    transactions,
    ukm5,
    uploads,
)

urlpatterns = [
    path("pair", joining.PairView.as_view(), name="pair"),
    path("token/rotate", joining.RotateView.as_view(), name="rotate-token"),
    path("settings", joining.SettingsView.as_view(), name="settings"),
    path("goods", goods.GoodsView.as_view(), name="goods"),
    path("stock", goods.StockView.as_view(), name="stock"),
    path("stock/checksum", goods.ChecksumView.as_view(), name="stock-checksum"),
    path("stock/<path:code>", goods.PriceCheckView.as_view(), name="price-check"),
    path("wait", goods.WaitView.as_view(), name="wait"),
    path("orders", orders.OrdersView.as_view(), name="orders"),
    path("transactions", transactions.TransactionsView.as_view(), name="transactions"),
    path("uploads", uploads.UploadsView.as_view(), name="uploads"),
    path("uploads/<str:token>", uploads.HookView.as_view(), name="upload-hook"),
    path(
        "reservations/<str:receipt>/lines/<int:line>",
        reservations.ReservationLineView.as_view(),
        name="reservation-line",
    ),
    path("reservations/<str:receipt>", reservations.ReservationView.as_view(), name="reservation"),
    path("cards/<str:number>/operations", cards.OperationsView.as_view(), name="card-operations"),
    path("cards/<str:number>", cards.CardView.as_view(), name="card"),
    path("operations/<str:uid>", cards.OperationView.as_view(), name="operation"),
    path("<path:rest>", errors.NoSuchService.as_view()),
]

_of_ukm5 = [
    path(
        "api/1.0/reservationItem/<str:store>/<str:pos>/<str:reservation>",
        ukm5.ReservationItemView.as_view(),
        name="ukm5-reservation-item",
    ),
    path("api/v1/export/receipt", ukm5.ExportView.as_view(), name="ukm5-receipts"),
    path("api/v1/export/moneyOperation", ukm5.ExportView.as_view(), name="ukm5-cash"),
]
# The vendor's addresses, on their own for networks that are let in, or behind the secret of a store.
ukm5_urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(_of_ukm5)),
    path("<str:secret>/", include(_of_ukm5)),
    path("<path:rest>", errors.NoSuchService.as_view()),
]

# What cash servers of Artix tell of loads of goods, at the vendor's addresses.
artix_urlpatterns: list[URLPattern | URLResolver] = [
    path("backOfficeState/<str:shop>", artix.BeginningView.as_view(), name="artix-begins"),
    path("backOfficeState/<str:shop>/<str:load>", artix.LoadStateView.as_view(), name="artix-state"),
    path("cashLoad/<str:shop>/<str:till>/<str:load>", artix.TillStateView.as_view(), name="artix-till-state"),
    path("<path:rest>", errors.NoSuchService.as_view()),
]

# As 1C publishes it: the base has the name that settings give it.
equipment_urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:base>/ws/EquipmentService.1cws", equipment_service.EquipmentServiceView.as_view(), name="equipment"),
]
