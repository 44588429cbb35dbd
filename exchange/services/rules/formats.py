"""What each version of a format has words for, as far as it decides whether goods go."""

from collections.abc import Sequence

from exchange.protocols.equipment_service.formats import FORMATS


def rates(version: int | None) -> Sequence[str] | None:
    """Return the codes of the VAT rates that a version can name; None: any."""
    return None if version is None else sorted(FORMATS[version].tax_rates)


def kinds(version: int | None) -> Sequence[str] | None:
    """Return the kinds of marking that a version can name; None: any.

    A device that does not learn that goods are marked sells them past the law, so they do not go.
    """
    return None if version is None else sorted(FORMATS[version].marking)


def parameters(version: int | None) -> dict[str, object]:
    """Return what `judged.sql` is to know of a version; None is our own service, which has words for everything."""
    return {"rates": rates(version), "kinds": kinds(version)}
