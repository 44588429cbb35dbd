"""The versions of the format: where each speaks, and what it has words for.

A device speaks the version that its settings name. What 1.0 to 1.0.0.7 say differs in the namespace alone here.
"""

from collections.abc import Mapping
from typing import NamedTuple

SERVICE = "http://www.1c.ru/EquipmentService"

# Kinds of marked goods, by the names that `retail.choices.MarkingKind` gives them.
_EARLY_MARKING = {"tobacco": 2, "shoes": 3}
_MARKING = {**_EARLY_MARKING, "clothes": 4, "tyres": 5, "dairy": 6, "perfume": 10, "water": 12, "beer": 16}
_LATIN_C = "НеCогласован"  # As the vendor misspelt it: the third letter is a Latin C.


class Format(NamedTuple):
    """A version: `tax_rates` it can name, `marking` codes, and how it spells an order that is not agreed."""

    code: int
    namespace: str
    tax_rates: frozenset[str]
    marking: Mapping[str, int]
    not_agreed: str = _LATIN_C
    knows_excisable: bool = False

    @property
    def is_modern(self) -> bool:
        """Whether it is of the second generation, which has other documents than 1.x."""
        return self.code >= 2000


_RATES = frozenset({"18", "10", "0", "none"})
_RATES_3 = _RATES | {"20"}

FORMATS: dict[int, Format] = {
    known.code: known
    for known in (
        Format(1000, SERVICE, _RATES_3, {}),
        Format(1006, f"{SERVICE}/1.0.0.6", _RATES_3, {}),
        Format(1007, f"{SERVICE}/1.0.0.7", _RATES_3, {}),
        Format(2003, f"{SERVICE}/2.0.0.3", _RATES, {}),
        Format(3000, f"{SERVICE}/3.0.0.0", _RATES_3, {}),
        Format(3001, f"{SERVICE}/3.0.0.1", _RATES_3, _EARLY_MARKING),
        Format(3002, f"{SERVICE}/3.0.0.2", _RATES_3, _EARLY_MARKING, "НеСогласован"),
        Format(3003, f"{SERVICE}/3.0.0.3", _RATES_3, _MARKING, "НеСогласован", knows_excisable=True),
    )
}
BY_NAMESPACE = {known.namespace: known for known in FORMATS.values()}
