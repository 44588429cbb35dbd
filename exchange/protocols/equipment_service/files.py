"""The format as files (2.0 and later): `ExportData` for a device, `ImportData` from it; who has read one marks it."""

import re
from datetime import datetime

from lxml import etree

from exchange.protocols.equipment_service import xml
from exchange.protocols.equipment_service.formats import Format
from exchange.protocols.equipment_service.writing import document
from exchange.protocols.equipment_service.xml import DECLARATION

HEAD = 65_536  # bytes in which the first tag stands
NOT_PROCESSED = "Файл предыдущей выгрузки не обработан."
PROCESSED_BEFORE = "Файл загрузки был обработан ранее."
_TAG = re.compile(rb"""<(?:[\w.-]+:)?ExportData\b(?:[^>"']|"[^"]*"|'[^']*')*>""")
_PROCESSED = re.compile(rb"""\sProcessed\s*=\s*["'][^"']+["']""")


def export(known: Format, *documents: str) -> str:
    """Write what a device is to read: whole documents, one inside the other."""
    inner = (one.removeprefix(DECLARATION) for one in documents)
    return document("ExportData", known, {"FormatVersion": known.code}, *inner)


def is_processed(head: bytes) -> bool:
    """Tell by the beginning of a file of ours whether the device has read it."""
    tag = _TAG.search(head)
    return tag is not None and _PROCESSED.search(tag.group()) is not None


def processed(known: Format, *, at: datetime) -> str:
    """Write what a file from a device is overwritten with once it has been taken in."""
    return document("ImportData", known, {"FormatVersion": known.code, "Processed": at})


def is_import(root: etree._Element, known: Format) -> bool:
    """Tell whether a document is what a device of this version writes."""
    return bool(root.tag == f"{{{known.namespace}}}ImportData")


def was_processed(root: etree._Element) -> bool:
    """Tell whether a file from a device has been taken in already."""
    return "Processed" in root.attrib


def parts(root: etree._Element) -> dict[str, str]:
    """Return the documents inside a file from a device, as text, by their names."""
    return {str(etree.QName(one).localname): xml.bytes_of(one).decode() for one in root}
