from retail.models.catalogue import Catalogue
from retail.models.constants import Constants
from retail.models.documents import Document, DocumentCounter
from retail.models.edits import Edit, FileImport
from retail.models.items import Characteristic, Item, ItemGroup, Pack, Unit, VatRate
from retail.models.organizations import Counterparty, Organization, Shop
from retail.models.prices import Price, PriceType
from retail.models.programs import ApiToken, KeptAnswer
from retail.models.roles import RoleGrant
from retail.models.skus import Barcode, Sku, SkuMove
from retail.models.warehouses import Warehouse

__all__ = [
    "ApiToken",
    "Barcode",
    "Catalogue",
    "Characteristic",
    "Constants",
    "Counterparty",
    "Document",
    "DocumentCounter",
    "Edit",
    "FileImport",
    "Item",
    "ItemGroup",
    "KeptAnswer",
    "Organization",
    "Pack",
    "Price",
    "PriceType",
    "RoleGrant",
    "Shop",
    "Sku",
    "SkuMove",
    "Unit",
    "VatRate",
    "Warehouse",
]
