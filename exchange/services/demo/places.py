"""Where the chain trades, in whose name and with whom. Every name is invented, every check digit is right."""

from typing import NamedTuple

from retail.choices import TimeZone
from retail.models import Counterparty, Organization, PriceType, Shop, Warehouse

CITY, REGION, WHOLESALE = "Розничная, город", "Розничная, область", "Оптовая"

MAIN_INN = "7709128405"
ORGANIZATIONS = (
    {
        "name": "ООО «Прилавок»",
        "full_name": "Общество с ограниченной ответственностью «Прилавок»",
        "inn": MAIN_INN,
        "kpp": "770901001",
        "address": "105064, Москва, ул. Лесная, д. 18",
    },
    {
        "name": "ООО «Прилавок-Урал»",
        "full_name": "Общество с ограниченной ответственностью «Прилавок-Урал»",
        "inn": "6658031175",
        "kpp": "665801001",
        "address": "620014, Екатеринбург, ул. Малышева, д. 44",
    },
)


class Place(NamedTuple):
    """A warehouse and, unless it is a wholesale one, the shop it belongs to."""

    code: str
    shop: str
    address: str
    organization: str
    time_zone: TimeZone
    warehouse: str
    price_type: str


MOSCOW, URAL = ORGANIZATIONS[0]["name"], ORGANIZATIONS[1]["name"]
LESNAYA = "Склад магазина на Лесной"
MYTISHCHI = "Склад магазина в Мытищах"
MALYSHEVA = "Склад магазина на Малышева"
BEREZOVSKY = "Склад магазина в Берёзовском"
KHIMKI = "Оптовый склад, Химки"
MSK, EKB = TimeZone.MOSCOW, TimeZone.YEKATERINBURG
PLACES = (
    Place("М01", "Прилавок на Лесной", "Москва, ул. Лесная, д. 18", MOSCOW, MSK, LESNAYA, CITY),
    Place("М02", "Прилавок в Мытищах", "Мытищи, Олимпийский пр., д. 9", MOSCOW, MSK, MYTISHCHI, REGION),
    Place("Е01", "Прилавок на Малышева", "Екатеринбург, ул. Малышева, д. 44", URAL, EKB, MALYSHEVA, CITY),
    Place("Е02", "Прилавок в Берёзовском", "Берёзовский, ул. Театральная, д. 7", URAL, EKB, BEREZOVSKY, REGION),
    Place("", "", "", MOSCOW, MSK, KHIMKI, WHOLESALE),
)

SUPPLIERS = {
    "bakery": ("ООО «Хлебозавод № 3»", "5029044112", "502901001"),
    "dairy": ("АО «Заречный молочный комбинат»", "6902004558", "690201001"),
    "grocery": ("ООО «Бакалея-Опт»", "7715012303", "771501001"),
    "drinks": ("ООО «Источник-Трейд»", "5006009182", "500601001"),
    "sweets": ("ООО «Кондитер»", "3525018772", "352501001"),
    "farm": ("ООО «Агрофирма Грядка»", "5024012999", "502401001"),
    "meat": ("АО «Степной мясокомбинат»", "5402011883", "540201001"),
    "tobacco": ("ООО «Табак-Логистика»", "7733044770", "773301001"),
    "clothes": ("ООО «Трикотажная мануфактура»", "7804040292", "780401001"),
    "household": ("ООО «Хозторг»", "6671015542", "667101001"),
}
CUSTOMERS = {
    "cafe": ("ООО «Кафе Уют»", "7718033661", "771801001"),
    "school": ("ЧОУ «Школа на Лесной»", "7728016224", "772801001"),
    "hotel": ("ООО «Гостиница Урал»", "6659014006", "665901001"),
    "stall": ("ООО «Павильон»", "6623015119", "662301001"),
}


def make() -> None:
    """Write every place and counterparty."""
    organizations = {row["name"]: Organization.objects.create(**row) for row in ORGANIZATIONS}
    price_types = {name: PriceType.objects.create(name=name) for name in (CITY, REGION, WHOLESALE)}
    for place in PLACES:
        shop = place.shop and Shop.objects.create(
            code=place.code,
            name=place.shop,
            organization=organizations[place.organization],
            time_zone=place.time_zone,
            address=place.address,
        )
        Warehouse.objects.create(
            name=place.warehouse,
            organization=organizations[place.organization],
            shop=shop or None,
            retail_price_type=price_types[place.price_type],
        )
    partners = [*SUPPLIERS.values(), *CUSTOMERS.values()]
    Counterparty.objects.bulk_create(Counterparty(name=name, inn=inn, kpp=kpp) for name, inn, kpp in partners)
