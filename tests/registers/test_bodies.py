"""Bodies as they came: laid out without losing a digit, compared line by line."""

import json
import time

import pytest

from registers.admin import bodies


def text(raw: bytes, **how) -> str:
    return bodies.lay_out(raw, **how).text


def test_json_is_laid_out_in_lines():
    assert text(b'{"b":1,"a":[true,null,"x"],"e":{},"l":[]}').splitlines() == [
        "{",
        '  "b": 1,',
        '  "a": [',
        "    true,",
        "    null,",
        '    "x"',
        "  ],",
        '  "e": {},',
        '  "l": []',
        "}",
    ]


@pytest.mark.parametrize("number", ["1e400", "-0", "1.10", "0.1000000000000000055511151231257827", "9" * 5000, "NaN"])
def test_numbers_keep_the_digits_they_were_written_with(number):
    assert f'"n": {number}' in text(f'{{"n": {number}}}'.encode())


def test_a_key_given_twice_is_shown_twice():
    assert text(b'{"n": 1, "n": 2}').count('"n"') == 2


def test_russian_letters_are_letters():
    assert "Молоко" in text(json.dumps({"name": "Молоко"}).encode())


def test_what_was_laid_out_means_the_same():
    body = {"receipt": {"lines": [{"sku": "1", "marks": []}, {"sku": '"quoted"\n'}], "total": 1.5}, "of": None}

    assert json.loads(text(json.dumps(body).encode())) == body


def test_sorted_bodies_differ_only_where_they_mean_different_things():
    assert text(b'{"a": 1, "b": {"d": 1, "c": 2}}', sort=True) == text(b'{"b": {"c": 2, "d": 1}, "a": 1}', sort=True)


@pytest.mark.parametrize("raw", [b"", b"{", b"not json", "чек № 5\tитог".encode(), b"[" * 5000, b'{"a":' * 5000])
def test_what_is_not_json_is_shown_as_text(raw):
    body = bodies.lay_out(raw)

    assert (body.kind, body.text, body.size) == ("text", raw.decode(), len(raw))


def test_what_is_not_text_is_shown_as_bytes():
    body = bodies.lay_out(b"AB\xff")

    assert (body.kind, body.text) == ("hex", "00000000  41 42 ff" + " " * 41 + "AB.")


def test_bytes_from_the_database_are_read_too():
    assert bodies.lay_out(memoryview(b"[1]")).kind == "json"


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\x00", "\x1b", "\ufeff", "\u2066"])
def test_a_character_that_hides_is_spelled_out(sign):
    shown = text(json.dumps([f"a{sign}b"], ensure_ascii=False).encode())

    assert sign not in shown
    assert f"\\u{ord(sign):04x}" in shown


def test_half_of_a_surrogate_pair_can_be_sent():
    shown = text(b'["\\ud800"]')

    assert "\\ud800" in shown.encode().decode()


def test_of_a_huge_body_the_beginning_is_shown():
    body = bodies.lay_out(b"[" + b"1," * bodies.LAID_OUT + b"1]")

    assert body.cut
    assert len(body.text) == bodies.LAID_OUT
    assert bodies.lay_out(b"\xff" * 100_000).cut


def test_differences_are_marked_line_by_line():
    left, right = bodies.lay_out(b'{"a": 1, "b": 2}'), bodies.lay_out(b'{"a": 1, "b": 3, "c": 4}')

    rows = [(row.left.strip(), row.right.strip(), row.differs) for row in bodies.compare(left, right)]

    assert rows == [
        ("{", "{", False),
        ('"a": 1,', '"a": 1,', False),
        ('"b": 2', '"b": 3,', True),
        ("", '"c": 4', True),
        ("}", "}", False),
    ]


def test_long_bodies_are_compared_before_a_person_gives_up():
    lines = [{"line": number, "sku": "10001", "price": "99.00"} for number in range(2000)]
    left = bodies.lay_out(json.dumps(lines).encode())
    right = bodies.lay_out(json.dumps([{**line, "price": "98.00"} for line in lines]).encode())
    began = time.monotonic()

    rows = bodies.compare(left, right)

    assert len(rows) >= bodies.COMPARED_LINES
    assert time.monotonic() - began < 5
