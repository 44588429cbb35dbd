"""Cutting a batch into its transactions by brackets and quotes alone, when a whole parser has refused it.

One transaction that no parser likes must not block its neighbours: here nothing is understood but where each begins
and ends, in one pass without recursion, so that all of them can be read on their own.
"""

import json
import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[][{},:]|[^][{},:"\s]+', re.DOTALL)
_MARK = b"\xef\xbb\xbf"
_LIST = 2  # How deep the elements of the list stand: in the object, in the list.


class NotABatch(ValueError):
    """The body is not JSON, or holds no list of transactions."""


def elements(body: bytes) -> list[bytes]:
    """Return the bytes of each element of the one list named "transactions". Raises `NotABatch`."""
    body = without_mark(body)
    return [body[start:end] for start, end in spans(body)]


def without_mark(body: bytes) -> bytes:
    """Return a body without the mark that some programs begin UTF-8 with."""
    return body.removeprefix(_MARK)


def spans(body: bytes) -> list[tuple[int, int]]:
    """Return where each element of the list begins and ends, in a body without a mark. Raises `NotABatch`."""
    found: list[tuple[int, int]] | None = None
    start, end, depth = -1, 0, 0
    said, is_list = b"", False
    for token in _TOKEN.finditer(body):
        sign = token.group()
        if body[end : token.start()].strip() or (depth == 0 and (sign != b"{" or end)):
            raise NotABatch("something stands outside of the object")
        in_list = is_list and depth == _LIST
        if in_list and found is not None and sign in (b",", b"]"):
            if start >= 0:
                found.append((start, end))
            start = -1
        elif in_list and start < 0:
            start = token.start()
        if sign in (b"[", b"{"):
            depth += 1
            if depth == _LIST and sign == b"[" and _is_the_list(said):
                if found is not None:
                    raise NotABatch("the list is named twice")
                found, is_list = [], True
        elif sign in (b"]", b"}"):
            is_list = is_list and depth != _LIST
            depth -= 1
        elif depth == 1 and sign.startswith(b'"'):
            said = sign
        end = token.end()
    if depth or found is None or body[end:].strip():
        raise NotABatch("no whole object with a list of transactions")
    return found


def _is_the_list(name: bytes) -> bool:
    try:
        return bool(json.loads(name) == "transactions")
    except ValueError:
        return False
