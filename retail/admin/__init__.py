from retail.admin.api_tokens import ApiTokenAdmin
from retail.admin.constants import ConstantsAdmin
from retail.admin.edits import EditAdmin
from retail.admin.groups import ItemGroupAdmin
from retail.admin.items import ItemAdmin, UnitAdmin, VatRateAdmin
from retail.admin.people import GroupAdmin, UserAdmin
from retail.admin.places import CounterpartyAdmin, OrganizationAdmin, ShopAdmin, WarehouseAdmin
from retail.admin.prices import PriceAdmin, PriceTypeAdmin
from retail.admin.schedules import CrontabScheduleAdmin, IntervalScheduleAdmin, PeriodicTaskAdmin
from retail.admin.skus import BarcodeAdmin, SkuAdmin

__all__ = [
    "ApiTokenAdmin",
    "BarcodeAdmin",
    "ConstantsAdmin",
    "CounterpartyAdmin",
    "CrontabScheduleAdmin",
    "EditAdmin",
    "GroupAdmin",
    "IntervalScheduleAdmin",
    "ItemAdmin",
    "ItemGroupAdmin",
    "OrganizationAdmin",
    "PeriodicTaskAdmin",
    "PriceAdmin",
    "PriceTypeAdmin",
    "ShopAdmin",
    "SkuAdmin",
    "UnitAdmin",
    "UserAdmin",
    "VatRateAdmin",
    "WarehouseAdmin",
]
