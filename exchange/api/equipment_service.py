"""The web service EquipmentService of 1C, wire-exact: SOAP 1.1 and 1.2 behind HTTP Basic (docs/equipment-service.md).

The base in the address is the one that settings name, capitals and all. Whatever goes wrong is a SOAP fault in words,
with the status that SOAP has for it, and a row of the exchange log; what is ours to mend is never shown.
"""

import time
from math import ceil

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from psycopg_pool import PoolTimeout

from exchange.api.errors import TooMuch, check_body
from exchange.api.throttles import equipment_calls, equipment_guesses
from exchange.choices import SessionResult
from exchange.protocols.equipment_service import soap
from exchange.services.equipment_service import access, calls, sessions
from exchange.services.equipment_service.sessions import Told
from exchange.tasks import price_list_build
from retail.exceptions import DomainError
from stock.services.intake import Busy

REALM = "EquipmentService"
_log = structlog.get_logger(__name__)


@method_decorator(csrf_exempt, name="dispatch")
class EquipmentServiceView(View):
    """POST is a call; GET with `?wsdl` the description of the service."""

    def dispatch(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            return self._dispatch(request, *args, **kwargs)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            _log.warning("equipment_service_busy", error=str(error))
            content_type = soap.CONTENT_TYPES[soap.SOAP_11]
            return HttpResponse(soap.fault(str(Busy())), status=500, content_type=content_type)

    def _dispatch(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if kwargs["base"] != settings.EQUIPMENT_SERVICE_BASE:
            raise Http404
        address = request.META.get("REMOTE_ADDR", "")
        if wait := equipment_guesses.wait(address, at=time.monotonic()):
            return _too_often(wait)
        user = access.identify(request)
        if user is None:
            equipment_guesses.take(address, at=time.monotonic())
            response = HttpResponse(_("Sign in with HTTP Basic."), status=401, content_type="text/plain; charset=utf-8")
            response["WWW-Authenticate"] = f'Basic realm="{REALM}", charset="UTF-8"'
            return response
        if wait := equipment_calls.take(user.pk, at=time.monotonic()):
            return _too_often(wait)
        self.user = user
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def get(self, request: HttpRequest, base: str) -> HttpResponse:
        if "wsdl" not in {name.lower() for name in request.GET}:
            return HttpResponseNotAllowed(["POST"])
        address = request.build_absolute_uri(request.path)
        return HttpResponse(soap.description(address), content_type="text/xml; charset=utf-8")

    def post(self, request: HttpRequest, base: str) -> HttpResponse:
        began, told, envelope = timezone.now(), Told(), soap.SOAP_11
        asked = b""
        try:
            check_body(request)
            asked = request.body
            call = soap.read(asked)
            envelope = call.envelope
            value = calls.serve(
                call=call,
                by=self.user,
                address=request.META.get("REMOTE_ADDR", ""),
                enqueue=_enqueue,
                told=told,
                now=began,
            )
            answered, status = soap.answer(call, value), 200
        except Exception as error:
            envelope = getattr(error, "envelope", envelope)
            answered, status = _fault(error, envelope, told), 500
        sessions.record(
            told=told,
            asked=asked,
            answered=answered,
            by=self.user,
            address=request.META.get("REMOTE_ADDR", ""),
            began=began,
            ended=timezone.now(),
        )
        return HttpResponse(answered, status=status, content_type=soap.CONTENT_TYPES[envelope])


def _fault(error: Exception, envelope: str, told: Told) -> bytes:
    """Return the fault for what went wrong, and note it for the log."""
    told.result = SessionResult.REFUSED
    code = "Client"
    if isinstance(error, RequestDataTooBig):
        error = TooMuch()
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        error = Busy()
    if isinstance(error, soap.NotACall):
        code, why = error.code, str(error)
    elif isinstance(error, DomainError):
        code, why = "Server" if error.status >= 500 else "Client", str(error)
    else:
        code, why = "Server", _("The back office could not do it: try once more.")
        told.result = SessionResult.FAILED
        _log.exception("equipment_service_failed", operation=told.operation)
    told.error = told.error or why
    return soap.fault(why, envelope, code=code)


def _enqueue(transfer_id: int) -> None:
    price_list_build.delay(transfer_id=transfer_id)


def _too_often(wait: float) -> HttpResponse:
    response = HttpResponse(_("Too often: wait."), status=429, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = str(ceil(wait))
    return response
