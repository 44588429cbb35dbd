"""How a person finds goods, for pages that search (see `retail.services.search`)."""

from retail.services.search import matching_items, matching_skus

__all__ = ["matching_items", "matching_skus"]
