"""How lists are narrowed. What a filter cannot understand is refused in words, never passed over: a misspelt filter
would otherwise answer with everything.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_filters.filters import Filter
from drf_spectacular.drainage import set_override
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from retail.api import moments
from retail.services import groups
from retail.services.search import matching_items, matching_skus

MOST_NAMED = 200
LONGEST = 64


class _Words(forms.Field):
    """Words separated by commas. Raises `ValidationError` of Django."""

    def clean(self, value: Any) -> list[Any] | None:
        if not value:
            return None
        words = [word.strip() for word in str(value).split(",")]
        if len(words) > MOST_NAMED:
            raise InvalidValue(_("At most %(most)s are named at once.") % {"most": MOST_NAMED}, code="invalid")
        return [self.read(word) for word in words]

    def read(self, word: str) -> Any:
        if not word or len(word) > LONGEST or not word.isprintable():
            raise InvalidValue(
                _("Codes of up to %(most)s printable characters are expected.") % {"most": LONGEST}, code="invalid"
            )
        return word


class _Numbers(_Words):
    def read(self, word: str) -> int:
        if not (word.isascii() and word.isdigit() and len(word) <= 18):
            raise InvalidValue(_("Whole numbers separated by commas are expected."), code="invalid")
        return int(word)


class _Choices(_Words):
    def __init__(self, *, words: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.words = list(words)

    def read(self, word: str) -> str:
        if word not in self.words:
            raise InvalidValue(
                _("One or more of these are expected: %(words)s.") % {"words": ", ".join(self.words)}, code="invalid"
            )
        return word


class _YesOrNo(forms.Field):
    def clean(self, value: Any) -> bool | None:
        if not value:
            return None
        if value not in ("true", "false"):
            raise InvalidValue(_("True or false is expected."), code="invalid")
        return bool(value == "true")


class _Moment(forms.Field):
    def __init__(self, *, end: bool, **options: Any) -> None:
        super().__init__(**options)
        self.end = end

    def clean(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            return moments.read(str(value), end=self.end)
        except ValueError as error:
            raise InvalidValue(str(error), code="invalid") from error


class _Text(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=100, **options)


class _Filter(Filter):
    """A filter that says of itself what the API's description shows."""

    schema: ClassVar[dict[str, Any]]
    lookup = "in"

    def __init__(self, field_name: str | None = None, *, about: str, **options: Any) -> None:
        super().__init__(field_name, lookup_expr=self.lookup, **options)
        set_override(self, "field", {**self.schema, "description": about})


class Numbers(_Filter):
    """Ids or numbers: `warehouse=1,2`."""

    field_class = _Numbers
    schema = {"type": "string", "pattern": r"^\d{1,18}(,\d{1,18})*$"}


class Codes(_Filter):
    field_class = _Words
    schema = {"type": "string"}


class Choices(_Filter):
    field_class = _Choices

    def __init__(self, field_name: str | None = None, *, words: Iterable[str], about: str, **options: Any) -> None:
        words = [word for word in words if word]
        self.schema = {"type": "string"}  # type: ignore[misc]
        super().__init__(field_name, about=f"{about}; one or more of: {', '.join(words)}", words=words, **options)


class YesOrNo(_Filter):
    field_class = _YesOrNo
    lookup = "exact"
    schema = {"type": "boolean"}


class Since(_Filter):
    field_class = _Moment
    lookup = "gte"
    schema = {"type": "string"}

    def __init__(self, field_name: str, *, about: str) -> None:
        super().__init__(field_name, about=f"{about}: from this moment or day on", end=False)


class Until(_Filter):
    field_class = _Moment
    lookup = "lt"
    schema = {"type": "string"}

    def __init__(self, field_name: str, *, about: str) -> None:
        super().__init__(field_name, about=f"{about}: before this moment, or up to the end of this day", end=True)


class Text(_Filter):
    """A word to look for, as `look` understands it."""

    field_class = _Text
    schema = {"type": "string", "maxLength": 100}

    def __init__(self, *, about: str, look: Callable[[QuerySet[Any], str], QuerySet[Any]]) -> None:
        super().__init__(about=about)
        self.look = look

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return self.look(rows, value) if value else rows


class Groups(Numbers):
    """Groups of goods, each with everything below it."""

    def filter(self, rows: QuerySet[Any], value: list[int] | None) -> QuerySet[Any]:
        if not value:
            return rows
        return rows.filter(**{f"{self.field_name}__in": groups.below(value)})


class Check(_Filter):
    """Yes or no to a condition that `narrow` knows."""

    field_class = _YesOrNo
    schema = {"type": "boolean"}

    def __init__(self, *, about: str, narrow: Callable[[QuerySet[Any], bool], QuerySet[Any]]) -> None:
        super().__init__(about=about)
        self.narrow = narrow

    def filter(self, rows: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        return rows if value is None else self.narrow(rows, value)


def goods_of(path: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """Return a search for goods by code, barcode, article or words of the name, in the column `path`."""

    def look(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(**{f"{path}__in": matching_skus(text).values("pk")})

    return look


def items_by_words(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Keep items that a search for goods means."""
    return rows.filter(pk__in=matching_items(text).values("pk"))


def words_of(*columns: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """Return a search for rows that hold every word in one of the columns."""

    def look(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        for word in text.split():
            found = Q()
            for column in columns:
                found |= Q(**{f"{column}__icontains": word})
            rows = rows.filter(found)
        return rows

    return look


def check_known(request: Request, known: set[str]) -> None:
    """Raises `ValidationError` for query parameters that mean nothing here."""
    unknown = set(request.query_params) - known
    if unknown:
        said = _now("There is no such parameter here. Known: %(names)s.") % {"names": ", ".join(sorted(known))}
        raise ValidationError({name: [said] for name in sorted(unknown)}, code="unknown_parameter")
