"""XML that anybody may have sent, read without trust; and XML of ours, written.

Only UTF-8 is read, whatever a document says of itself, so that nothing can hide in another encoding. A document type is
refused before anything is parsed; entities are not resolved, nothing is fetched, XInclude is not known. Size, depth and
the number of elements are bounded, and what is left takes time in proportion to its size.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

LARGEST = 16 * 1024 * 1024  # bytes; a single text is bounded by the parser at 10 million
DEEPEST = 32
MOST = 1_000_000  # elements
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_MARK = b"\xef\xbb\xbf"
_DECLARED = re.compile(r"<\?xml[^>]*?\?>")
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotXml(ValueError):
    """It cannot be read, or is not to be read. What it says is for logs and people, and shows nothing of ours."""


def read(raw: bytes) -> etree._Element:
    """Return the root of a document. Raises `NotXml`."""
    content = raw.removeprefix(_MARK)
    if len(content) > LARGEST:
        raise NotXml(f"larger than {LARGEST} bytes")
    if b"\x00" in content:
        raise NotXml("not UTF-8")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise NotXml("not UTF-8") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NotXml("a document type is not read")
    if text.count("<") > 2 * MOST:
        raise NotXml(f"more than {MOST} elements")
    # What it says of its encoding is left out: the parser would believe it.
    body = _DECLARED.sub("", text, count=1) if text.lstrip().startswith("<?xml") else text
    try:
        root = etree.fromstring(body.lstrip().encode(), _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXml(str(error).partition(" (<string>")[0][:500]) from error
    _check_depth(root)
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=True,
    )


def _check_depth(root: etree._Element) -> None:
    """Raise `NotXml` for what stands deeper, or is more, than any document of ours."""
    depth = count = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            depth, count = depth + 1, count + 1
            if depth > DEEPEST:
                raise NotXml(f"deeper than {DEEPEST} elements")
            if count > MOST:
                raise NotXml(f"more than {MOST} elements")
        else:
            depth -= 1


def bytes_of(element: etree._Element) -> bytes:
    """Return an element as UTF-8, with the namespaces it needs."""
    return etree.tostring(element, encoding="utf-8", xml_declaration=False, with_tail=False)


def pretty(raw: bytes) -> str:
    """Lay a document out in lines, and the document inside an envelope with it. Raises `NotXml`."""
    root = read(raw)
    for element in root.iter():
        if element.text and element.text.lstrip().startswith("<"):
            try:
                inner = read(element.text.encode("utf-8", "replace"))
            except NotXml:
                continue
            element.text = None
            element.append(inner)
    etree.indent(root, space="  ")
    return etree.tostring(root, encoding="unicode")


Value = str | int | Decimal | bool | datetime | UUID | None


def element(name: str, attributes: Mapping[str, Value] | None = None, *inner: str) -> str:
    """Write an element; attributes that are None are left out, and so is an inner part that is empty."""
    given = (attributes or {}).items()
    written = "".join(f" {key}={quoteattr(said(value))}" for key, value in given if value is not None)
    content = "".join(inner)
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def listed(name: str, inner: Iterable[str]) -> str:
    """Write a list in an element of its own; nothing where the list is empty."""
    content = "".join(inner)
    return f"<{name}>{content}</{name}>" if content else ""


def text(name: str, value: Value) -> str:
    """Write an element that holds a text; nothing for None and for an empty one."""
    return "" if value is None or value == "" else f"<{name}>{escape(said(value))}</{name}>"


def said(value: Value) -> str:
    """Write a value as XML Schema does. Times are local, without a zone; signs that XML cannot hold are left out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None, microsecond=0).isoformat()
    return _UNSPEAKABLE.sub("", str(value))
