"""The services that УКМ 5 speaks to, wire-exact where the vendor describes them (docs/ukm5.md).

Tills ask `reservationItem` and are answered 200, 400 or 500 with one text for the cashier. Servers push receipts and
operations with cash and are answered 200 once all is recorded. Whatever goes wrong is answered in the vendor's form:
400 is a refusal in words, 500 is trouble of ours alone. Beside these stand, in the same form, what any web server says
of a request: 403 and 404 to whom it does not let in, 405, 411, 413, 415, 429.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from exchange.api.errors import TooMuch, check_body
from exchange.api.throttles import Ukm5GuessThrottle, Ukm5PushThrottle, Ukm5Throttle
from exchange.models import Ukm5Store, Ukm5Till
from exchange.protocols.ukm5 import answers, requests, splitting
from exchange.services import presence
from exchange.services.ukm5 import access, taking, tills
from retail.exceptions import DomainError
from retail.services.figures import quantity as shown
from stock.services.reservations import by_sku

_AS_IT_IS = frozenset({403, 404, 411, 413, 415})
_log = structlog.get_logger(__name__)


class Ukm5View(APIView):
    """Whoever asks is counted, then let in by the secret in the address or by the network it asks from."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes: tuple[type[BaseThrottle], ...] = ()
    schema = None
    sender: Ukm5Store | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        try:
            self.sender = access.identify(secret=kwargs.get("secret", ""), address=request.META.get("REMOTE_ADDR", ""))
        except access.NotLetIn:
            guesses = Ukm5GuessThrottle()
            if not guesses.allow_request(request, self):
                self.throttled(request, guesses.wait())
            raise

    def say(self, status: int, words: str) -> HttpResponse:
        """Answer in the vendor's form that it did not go well."""
        raise NotImplementedError

    def handle_exception(self, error: Exception) -> HttpResponse:  # type: ignore[override]
        status, words = _worded(error)
        if status >= 500:
            _log.error("ukm5_failed", code=getattr(error, "code", ""), exc_info=not isinstance(error, DomainError))
        response = self.say(status, words)
        if wait := getattr(error, "wait", None):  # Throttled
            response["Retry-After"] = str(ceil(wait))
        return response


class ReservationItemView(Ukm5View):
    """POST holds so much more of a SKU for a receipt, DELETE gives so much of it up."""

    throttle_classes = (Ukm5Throttle,)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        till, asked = self._asked(request, kwargs)
        granted = by_sku.hold_more(
            register=till.register, receipt_uid=asked.receipt, code=asked.sku, quantity=asked.quantity
        )
        held = ", ".join(shown(line.quantity) for line in granted.lines)
        return self.say(200, _("Held for this receipt: %(quantity)s.") % {"quantity": held})

    def delete(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        till, asked = self._asked(request, kwargs)
        given = by_sku.hold_less(
            register=till.register, receipt_uid=asked.receipt, code=asked.sku, quantity=asked.quantity
        )
        return self.say(200, _("Held no more: %(quantity)s.") % {"quantity": shown(given)})

    def say(self, status: int, words: str) -> HttpResponse:
        return HttpResponse(answers.of_stock_control(words), status=status, content_type="application/json")

    def _asked(self, request: Request, named: Mapping[str, str]) -> tuple[Ukm5Till, requests.Asked]:
        """Read the question and find its till. Raises `Malformed`, `UnknownTill`, `TillInactive`."""
        said = request._request.GET
        asked = requests.read(
            store=named["store"],
            pos=named["pos"],
            reservation=named["reservation"],
            sku=said.get("sku", ""),
            quantity=said.get("quantity", ""),
        )
        till = tills.speaking(store=asked.store, pos=asked.pos, within=self.sender)
        _note(till.register_id, request)
        return till, asked


class ExportView(Ukm5View):
    """The server pushes receipts or operations with cash: all of them are recorded before it is told so.

    What makes no sense is recorded too, for a person; only what could not be recorded has to come again.
    """

    throttle_classes = (Ukm5PushThrottle,)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        check_body(request._request)
        documents = splitting.of_body(request._request.body)
        for register_id in taking.take_in(documents=documents, within=self.sender, now=timezone.now()):
            _note(register_id, request)
        return HttpResponse(answers.recorded(), content_type="application/json")

    def say(self, status: int, words: str) -> HttpResponse:
        # The vendor's server knows of no other answer than these two.
        return HttpResponse(
            answers.not_recorded(words), status=500 if status == 400 else status, content_type="application/json"
        )


def _note(register_id: int, request: Request) -> None:
    """Remember when the register was heard, as of every other one. A server of УКМ 5 is not the till's own program."""
    presence.note(register_id=register_id, now=timezone.now(), address=request.META.get("REMOTE_ADDR"))


def _worded(error: Exception) -> tuple[int, str]:
    """Return the status and the words of a refusal: 400 unless it is about being let in at all, or trouble of ours."""
    if isinstance(error, requests.Malformed):
        words = _("The field “%(field)s” makes no sense: “%(said)s”.")
        return 400, words % {"field": error.field, "said": error.said[:64]}
    if isinstance(error, RequestDataTooBig):
        error = TooMuch()
    if isinstance(error, DomainError):
        return {503: 500}.get(error.status, error.status if error.status in _AS_IT_IS else 400), str(error)
    if isinstance(error, APIException):
        return error.status_code, str(error.detail)
    if isinstance(error, SuspiciousOperation):  # Thousands of parameters, and the like.
        return 400, _("The request makes no sense.")
    return 500, _("The back office could not do it: try once more.")
