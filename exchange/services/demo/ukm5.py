"""A store of УКМ 5 in the chain, with one till: the register whose stock control is external."""

from typing import Any

from django.conf import settings

from exchange.choices import Ukm5Access
from exchange.models import Ukm5Store, Ukm5Till
from exchange.services.demo.tills import TILLS
from registers.choices import StockControl
from registers.models import Register

STORE, POS = "102", "2"
FOLDER = "store-102"


def make() -> None:
    """Write the store and its till."""
    till = next(till for till in TILLS if till.stock_control == StockControl.EXTERNAL)
    register = Register.objects.select_related("shop").get(number=till.number)
    store = Ukm5Store.objects.create(shop=register.shop, code=STORE, folder=FOLDER)
    Ukm5Till.objects.create(store=store, number=POS, register=register)


def handout(*, url: str) -> dict[str, Any] | None:
    """Return how a till of УКМ 5 gets in; None where it does not without a secret, or where there is none."""
    till = Ukm5Till.objects.filter(store__code=STORE).select_related("store", "register").first()
    if till is None or settings.UKM5_ACCESS != Ukm5Access.NETWORK:
        return None
    return {
        "base": f"{url}/ukm5",
        "store": till.store.code,
        "pos": till.number,
        "register": till.register.number,
        "folder": f"{settings.UKM5_FILES}/{till.store.folder}" if settings.UKM5_FILES else "",
    }
