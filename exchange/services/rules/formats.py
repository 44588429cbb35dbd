"""What each version of a format has words for."""

from collections.abc import Sequence

from exchange.choices import FormatVersion, TaxRate

_NEXT = (TaxRate.RATE_18, TaxRate.RATE_10, TaxRate.RATE_0, TaxRate.NONE)


def rates(version: int | None) -> Sequence[str] | None:
    """Return the codes of the VAT rates that a version can name; None: any (1.0 tells a percentage, ours a code)."""
    if version is None or version < FormatVersion.V2_3:
        return None
    found = _NEXT if version < FormatVersion.V3_0 else (TaxRate.RATE_20, *_NEXT)
    return [rate.value for rate in found]


def says_marked(version: int | None) -> bool:
    """Tell whether a device can learn that goods are marked; without that it would sell them past the law."""
    return version is None or version >= FormatVersion.V3_1


def parameters(version: int | None) -> dict[str, object]:
    """Return what `judged.sql` is to know of a version; None is our own service, which has words for everything."""
    return {"rates": rates(version), "marked": says_marked(version)}
