"""Whether a document is one of its version of the format: the schemas beside this module decide, both ways."""

import threading
from pathlib import Path
from typing import Any

from lxml import etree

from exchange.protocols.equipment_service import xml
from exchange.protocols.equipment_service.formats import SERVICE, Format

FOLDER = Path(__file__).with_name("schemas")
_known = threading.local()  # A schema keeps the errors of its last validation.


class Mismatch(ValueError):
    """The document is none of this version. What it says names the place."""


def check(root: etree._Element, known: Format) -> None:
    """Raise `Mismatch` unless the document is valid in this version of the format."""
    schema = _schema(known)
    if not schema.validate(root):
        errors: Any = schema.error_log  # Its stubs know less of it than it does.
        first = next(iter(errors), None)
        message = first.message if first is not None else ""
        raise Mismatch(message.replace(f"{{{known.namespace}}}", "")[:500])


def check_text(document: str, known: Format) -> None:
    """Raise `Mismatch` unless what we wrote is valid: nothing else may leave."""
    try:
        check(xml.read(document.encode()), known)
    except xml.NotXml as error:
        raise Mismatch(str(error)) from error


def _schema(known: Format) -> etree.XMLSchema:
    schemas: dict[int, etree.XMLSchema] = _known.__dict__.setdefault("schemas", {})
    if known.code not in schemas:
        schemas[known.code] = etree.XMLSchema(etree.fromstring(_source(known).encode()))
    return schemas[known.code]


def _source(known: Format) -> str:
    """Return the schema of a version. All of 1.x say the same in different namespaces."""
    if known.is_modern:
        return (FOLDER / f"{known.code}.xsd").read_text()
    return (FOLDER / "1000.xsd").read_text().replace(f'"{SERVICE}"', f'"{known.namespace}"')
