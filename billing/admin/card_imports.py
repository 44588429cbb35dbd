"""Import of cards in the admin, in the way of goods: choose a file, see what it would change, confirm."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource

from retail.admin.imports import GoodsResource, ImportAdmin

NEEDED = (
    "billing.add_discountcard",
    "billing.change_discountcard",
    "billing.add_cardowner",
    "billing.change_cardowner",
)


class CardsResource(GoodsResource):
    class Meta:
        name = _("Discount cards")


class CardImportAdmin(ImportAdmin):
    import_kind = "cards"
    import_command = "manage.py import_cards FILE"

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whoever may issue cards and keep their owners: the list itself is of facts, which nobody adds to."""
        return request.user.has_perms(NEEDED)

    def get_import_resource_classes(self, request: HttpRequest) -> Sequence[type[Resource]]:
        return [CardsResource]
