"""Which document a device posts under which name: shifts, prices that were checked, alcohol that was opened."""

from lxml import etree

from exchange.protocols.equipment_service.formats import Format

REPORTS = frozenset({"SaleReports", "SaleReport", "SalesReport", "SalesReports"})
CHECKERS = frozenset({"PriceCheckerReport", "PriceCheckerReports"})
TARE = frozenset({"AlcoholTareOpening", "AlcoholTareOpenings"})


def root_of(doc_type: str, known: Format) -> str:
    """Return the root that a document of a type has in a version; empty where the version knows no such type."""
    if doc_type in REPORTS:
        return "SaleReports" if known.is_modern else "SalesReports"
    if doc_type in CHECKERS:
        return "PriceCheckerReports" if known.is_modern else "PriceCheckerReport"
    if doc_type in TARE and known.is_modern:
        return "AlcoholTareOpenings"
    return ""


def count(root: etree._Element) -> int:
    """Return how many goods a document tells of."""
    return sum(1 for one in root.iter("{*}Good", "{*}PriceCheckerReportRecord"))
