"""What a device is answered to what it posts, and price lists in packages.

A package is put together of its price list, which has been written and checked before. The vendor's own words, which a
cashier may know, stay as they are.
"""

from exchange.protocols.equipment_service.formats import Format
from exchange.protocols.equipment_service.writing import document
from exchange.protocols.equipment_service.xml import DECLARATION, text

LOADED = "Данные успешно загружены"
NOT_OF_FORMAT = "При чтении файла-отчета произошла ошибка. Формат отчета не соответствует версии формата обмена."
NO_TARE = "Формат %s не поддерживает загрузку вскрытий алкогольной тары"


def posted(known: Format, *, success: bool, description: str) -> str:
    """Write the answer to `PostDocs`."""
    result = "IsSuccess" if known.is_modern else "Succeeded"
    return document("PostDocsResponse", known, {}, text(result, success), text("Description", description))


def not_formed(known: Format) -> str:
    """Write that a package is not there: its transfer is being built, or all of it has been taken."""
    if known.is_modern:
        attributes = {"PackageNumber": 0, "PackageTotal": 0}
        return document("PriceListPackage", known, {**attributes}, text("IsFormed", False))
    return document("PriceListPackage", known, {}, text("Succeeded", False))


def package(price_list: str, known: Format, *, number: int, total: int) -> str:
    """Write a package of a price list."""
    inner = price_list.removeprefix(DECLARATION)
    if known.is_modern:
        attributes = {"PackageNumber": number, "PackageTotal": total}
        return document("PriceListPackage", known, {**attributes}, text("IsFormed", True), inner)
    return document("PriceListPackage", known, {}, text("Succeeded", True), inner)
