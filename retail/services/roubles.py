"""An amount of money in Russian words, as primary documents have it: roubles in words, kopecks in digits."""

from decimal import Decimal
from typing import NamedTuple

_UNITS = (
    "", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать",
    "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать", "восемнадцать",
    "девятнадцать",
)  # fmt: skip
_FEMININE = {1: "одна", 2: "две"}
_TENS = (
    "", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто",
)  # fmt: skip
_HUNDREDS = (
    "", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот",
)  # fmt: skip


class _Noun(NamedTuple):
    """A noun after 1, after 2 to 4, and after 5; `feminine` takes "одна" and "две"."""

    one: str
    few: str
    many: str
    feminine: bool = False

    def after(self, number: int) -> str:
        if number % 100 in range(11, 15):
            return self.many
        return {1: self.one, 2: self.few, 3: self.few, 4: self.few}.get(number % 10, self.many)


_ROUBLE = _Noun("рубль", "рубля", "рублей")
_KOPECK = _Noun("копейка", "копейки", "копеек")
_CLASSES = (
    _Noun("", "", ""),
    _Noun("тысяча", "тысячи", "тысяч", feminine=True),
    _Noun("миллион", "миллиона", "миллионов"),
    _Noun("миллиард", "миллиарда", "миллиардов"),
    _Noun("триллион", "триллиона", "триллионов"),
)


def in_words(amount: Decimal) -> str:
    """Return 1234.56 as "Одна тысяча двести тридцать четыре рубля 56 копеек".

    Raises `ValueError` for an amount below zero, with parts of a kopeck, or of a thousand trillions and more.
    """
    kopecks = amount * 100
    if amount < 0 or kopecks != kopecks.to_integral_value() or amount >= 1000 ** len(_CLASSES):
        raise ValueError(f"No amount of roubles and kopecks: {amount}")
    roubles, rest = divmod(int(kopecks), 100)
    words = f"{_number(roubles)} {_ROUBLE.after(roubles)} {rest:02d} {_KOPECK.after(rest)}"
    return words[0].upper() + words[1:]


def _number(number: int) -> str:
    if number == 0:
        return "ноль"
    words: list[str] = []
    for place, noun in reversed(list(enumerate(_CLASSES))):
        if three := number // 1000**place % 1000:
            words += [*_three_digits(three, feminine=noun.feminine), noun.after(three)]
    return " ".join(filter(None, words))


def _three_digits(number: int, *, feminine: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    tens, units = divmod(rest, 10) if rest >= 20 else (0, rest)
    unit = _FEMININE.get(units, _UNITS[units]) if feminine else _UNITS[units]
    return [_HUNDREDS[hundreds], _TENS[tens], unit]
