"""The checksum of a stock view, by the rule of the integrator's guide; the server computes the same in SQL."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import lru_cache
from hashlib import md5


@lru_cache(maxsize=200_000)  # The registers of a crowd believe much the same.
def row(sku: str, available: Decimal) -> int:
    """Return one SKU's part: the first 8 hex digits of the MD5 of "<sku>:<available with three decimals>"."""
    return int(md5(f"{sku}:{available:.3f}".encode(), usedforsecurity=False).hexdigest()[:8], 16)


def compute(view: Iterable[tuple[str, Decimal]], left_out: Collection[str] = ()) -> tuple[int, str]:
    """Return (count, checksum) over every SKU of the view that is not left out: parts added up modulo 2^32."""
    left_out = frozenset(left_out)
    count = total = 0
    for sku, available in view:
        if sku not in left_out:
            count += 1
            total += row(sku, available)
    return count, f"{total % 2**32:08x}"
