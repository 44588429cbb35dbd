"""How a program changes something: under a key of its own, once; and how it names things in what it sends."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from retail.api.authentication import user_of
from retail.api.errors import refused
from retail.exceptions import DomainError
from retail.models import Sku
from retail.services import answers
from retail.services.answers import Answer

HEADER = "Idempotency-Key"
REPEATED = "Idempotency-Replayed"
_KEY = re.compile(r"[!-~]{1,100}")

M = TypeVar("M", bound=Model)


def once(request: Request, do: Callable[[], Any], *, body: Any = None, status: int = 200) -> HttpResponse:
    """Answer with what `do` returns; under an `Idempotency-Key` do it once and answer the same for ever after.

    `body` is what the address alone does not say of the request. A request that made no sense (400) leaves the key
    unspent. Raises `ValidationError`, `answers.KeyReused`, and what `do` raises unless it is a refusal that was kept.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _respond(Answer(status, _json(do())))
    if not _KEY.fullmatch(key):
        raise ValidationError({HEADER: _("A key is made of 1 to 100 printable ASCII characters without spaces.")})
    answer = answers.once(
        user=user_of(request),
        key=key,
        asked=answers.fingerprint(method=str(request.method), path=request.path, body=body),
        act=lambda: Answer(status, _json(do())),
        refused=lambda refusal: Answer(refusal.status, _json(refused(refusal))),
        now=timezone.now(),
    )
    return _respond(answer)


def _json(content: Any) -> str:
    return "" if content is None else JSONRenderer().render(content).decode()


def _respond(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.repeated:
        response[REPEATED] = "true"
    return response


class Reference(serializers.PrimaryKeyRelatedField[M]):
    """The id of something that exists: a whole number, and not whatever else a database could be asked about."""

    def to_internal_value(self, data: Any) -> M:
        if isinstance(data, bool) or (not isinstance(data, int) and not (isinstance(data, str) and data.isdigit())):
            self.fail("incorrect_type", data_type=type(data).__name__)
        return super().to_internal_value(data)  # type: ignore[arg-type]  # What the stubs name is what comes out.


def named_skus(rows: Iterable[Mapping[str, Any]], *, within: str) -> list[Sku]:
    """Return the SKUs that rows name by code, in one query. Raises `ValidationError` that says which are not known."""
    codes = [row["sku"] for row in rows]
    known = Sku.objects.select_related("item").in_bulk(set(codes), field_name="code")
    check_each(codes, known.keys(), within=within, field="sku", words=_("Nothing is known under “%(value)s”."))
    return [known[code] for code in codes]


def check_each(values: Iterable[Any], known: Iterable[Any], *, within: str, field: str, words: str) -> None:
    """Raise `ValidationError` that names each row of the list `within` whose value is not known."""
    found = set(known)
    errors: list[dict[str, Any]] = [
        {} if value in found else {field: [ErrorDetail(words % {"value": value}, code="unknown")]} for value in values
    ]
    if any(errors):
        raise ValidationError({within: errors})


def refuse_row(refusal: DomainError, *, within: str) -> DomainError:
    """Return a refusal of one row of a list so that it names the list too: "prices.3.valid_from"."""
    refusal.attr = f"{within}.{refusal.attr}" if refusal.attr else within
    return refusal
