"""One shape of error for every program that speaks to us.

`{"type", "errors": [{"code", "detail", "attr"}]}` with `detail` in the language of the request. A refusal of the domain
keeps its own code and status; anything unforeseen is logged and answered 500 in the same shape, without its trace.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from drf_standardized_errors.handler import exception_handler as standardized
from drf_standardized_errors.types import ExceptionHandlerContext
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from retail.api.errors import body, refused
from retail.exceptions import DomainError
from stock.services.intake import Busy

RETRY_AFTER_SECONDS = 2


class TooMuch(DomainError):
    """More than one request may bring."""

    code = "too_much_at_once"
    status = 413

    def __init__(self, detail: str = "") -> None:
        limit = {"limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
        super().__init__(detail or _("The body is larger than %(limit)s bytes: send less at once.") % limit)


class LengthRequired(DomainError):
    """A body of a length that is not told: a WSGI server would pass on nothing of it."""

    code = "length_required"
    status = 411

    def __init__(self) -> None:
        super().__init__(_("Say how long the body is (Content-Length): a chunked body is not read."))


class EncodedBody(DomainError):
    """A body that is packed in some way."""

    code = "body_encoded"
    status = 415

    def __init__(self) -> None:
        super().__init__(_("Send the body as it is, without Content-Encoding: a compressed one is not read."))


def check_body(request: HttpRequest) -> None:
    """Raise `LengthRequired` or `EncodedBody` for a body that would be read as none, or as garbage."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower() and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequired
    if request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        raise EncodedBody


def exception_handler(error: Exception, context: ExceptionHandlerContext) -> HttpResponse | None:
    """Turn a refusal into its answer; leave the rest to the library of the shape.

    A database that cannot be had is no fault of the caller's and passes: 503, and the call may be repeated.
    """
    if isinstance(error, RequestDataTooBig):
        error = TooMuch()
    if isinstance(error, RecursionError):
        error = ParseError()
    if isinstance(error, OperationalError | PoolTimeout):
        error = Busy()
    if isinstance(error, DomainError):
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if error.status == 503 else None
        if error.status == 401:
            headers = {"WWW-Authenticate": "Bearer"}
        return Response(refused(error), status=error.status, headers=headers)
    return standardized(error, context)


class NoSuchService(APIView):
    """Whatever else is asked of the register services: 404 in the one shape, not a page."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def dispatch(self, request: Request, *args: Any, **kwargs: Any) -> JsonResponse:  # type: ignore[override]
        return JsonResponse(body(code="not_found", detail=_("There is no such service at this address.")), status=404)
