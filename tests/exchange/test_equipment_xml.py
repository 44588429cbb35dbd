"""XML that means no good: each document is refused at once, and tells its sender nothing of us."""

import time

import pytest

from exchange.protocols.equipment_service import soap, xml

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><l>&i;</l>"
)
HOSTILE = {
    "a billion laughs": LAUGHS.encode(),
    "quadratic blow-up": f'<!DOCTYPE a [<!ENTITY x "{"x" * 10_000}">]><a>{"&x;" * 1000}</a>'.encode(),
    "an external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]><a/>',
    "an external document type": b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
    "an entity that nobody declared": b"<a>&passwd;</a>",
    "ten thousand elements deep": b"<a>" * 10_000 + b"</a>" * 10_000,
    "a little too deep": b"<a>" * (xml.DEEPEST + 1) + b"</a>" * (xml.DEEPEST + 1),
    "too many elements": b"<a>" + b"<b/>" * (xml.MOST * 2) + b"</a>",
    "an attribute of twelve million signs": b'<a b="' + b"x" * 12_000_000 + b'"/>',
    "a text of twelve million signs": b"<a>" + b"x" * 12_000_000 + b"</a>",
    "too long": b"<a>" + b" " * xml.LARGEST + b"</a>",
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
    "UTF-16 without a mark": "<a/>".encode("utf-16-le"),
    "UTF-32": "<a/>".encode("utf-32"),
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a+AD4-+ADw-/a+AD4-',
    "a document type in UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a',
    "windows-1251": '<?xml version="1.0" encoding="windows-1251"?><a>Молоко</a>'.encode("cp1251"),
    "EBCDIC": "<a/>".encode("cp500"),
    "nulls": b"<a>\x00</a>",
    "a null written out": b"<a>&#0;</a>",
    "half a letter": "<a>Молоко</a>".encode()[:-5] + b"</a>",
    "truncated": b"<SaleReports><SaleReport ShiftNumber='1'",
    "two roots": b"<a/><b/>",
    "nothing": b"",
    "blanks": b"  \n ",
    "JSON": b'{"a": 1}',
    "the same attribute twice": b'<a b="1" b="2"/>',
    "a prefix of nobody": b"<x:a/>",
    "signs of no XML": b"<a>\x08</a>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_means_no_good_is_refused_at_once(name):
    began = time.process_time()

    with pytest.raises(xml.NotXml) as refused:
        xml.read(HOSTILE[name])

    assert time.process_time() - began < 2
    assert len(str(refused.value)) <= 500
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_envelope_is_made_of_it_either(name):
    with pytest.raises(soap.NotACall):
        soap.read(HOSTILE[name])


def test_nothing_is_included_from_elsewhere():
    root = xml.read(
        b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></a>'
    )

    assert "".join(root.itertext()) == ""
    assert len(root) == 1


def test_a_hundred_thousand_attributes_take_no_more_than_their_length():
    began = time.process_time()

    xml.read(("<a " + " ".join(f'a{place}=""' for place in range(100_000)) + "/>").encode())

    assert time.process_time() - began < 2


@pytest.mark.parametrize("encoding", ["UTF-16", "windows-1251", "UTF-7", "utf-8"])
def test_what_a_document_says_of_its_encoding_changes_nothing(encoding):
    root = xml.read(f'<?xml version="1.0" encoding="{encoding}"?>\n<a>Молоко</a>'.encode())

    assert root.text == "Молоко"


def test_a_byte_order_mark_is_passed_over():
    assert xml.read(b"\xef\xbb\xbf<a/>").tag == "a"


def test_a_document_inside_an_envelope_is_laid_out_with_it():
    call = b"<a><b>&lt;?xml version='1.0'?&gt;&lt;c d='1'/&gt;</b></a>"

    assert xml.pretty(call) == '<a>\n  <b>\n    <c d="1"/>\n  </b>\n</a>'
