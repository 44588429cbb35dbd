"""How a person finds a SKU: by its code, a barcode, the article, or words of its name in any order and case."""

from django.db.models import Q, QuerySet

from retail.models import Barcode, Item, Sku


def matching_skus(text: str) -> "QuerySet[Sku]":
    """Return the SKUs that a search means; a code, a barcode and an article may be typed in part, from the start."""
    words = text.replace("\x00", "").split()
    if not words:
        return Sku.objects.all()
    # Each half is one scan of its own; an OR over joins would multiply rows and use no index.
    named = Q()
    for word in words:
        named &= Q(name__icontains=word)
    ids = Sku.objects.filter(named).values("pk")
    if len(words) == 1:
        word = words[0]
        ids = ids.union(
            Sku.objects.filter(code__istartswith=word).values("pk"),
            Sku.objects.filter(item__article__istartswith=word).values("pk"),
            Barcode.objects.filter(value__startswith=word).values("sku"),
        )
    return Sku.objects.filter(pk__in=ids)


def matching_items(text: str) -> "QuerySet[Item]":
    """Return the items whose SKUs a search means, and those of that name or article without a SKU."""
    words = text.replace("\x00", "").split()
    if not words:
        return Item.objects.all()
    named = Q()
    for word in words:
        named &= Q(name__icontains=word) | Q(article__istartswith=word)
    ids = Item.objects.filter(named).values("pk").union(matching_skus(text).values("item"))
    return Item.objects.filter(pk__in=ids)
