"""What cash servers of Artix tell of loads of goods: how it goes with the server, and with each of its tills.

The vendor's server signs in nowhere, so it is let in from the networks in which registers stand, and nobody else. Of a
load it knows no more than the id that it was answered, which nobody can guess.
"""

import json
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.views import APIView

from exchange.api.errors import check_body
from exchange.api.throttles import ArtixThrottle
from exchange.protocols.artix import states
from exchange.services import outside
from exchange.services.transaction_files import artix_states
from retail.exceptions import DomainError

LONGEST = 64 * 1024  # bytes: a status is a line


class NotLetIn(DomainError):
    """It asks from outside the networks of registers."""

    code = "artix_not_let_in"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("Not let in: the network is not allowed."))


class NoStatus(DomainError):
    """The body tells no status that is known."""

    code = "artix_no_status"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("The body tells no status that is known."))


class StateView(APIView):
    """A status is noted, and the id of the load is answered as a text of JSON."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (ArtixThrottle,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not _is_near(request.META.get("REMOTE_ADDR", "")):
            raise NotLetIn
        if any("\x00" in said for said in kwargs.values()):
            raise artix_states.UnknownLoad  # No database holds such a sign.

    def status_of(self, request: Request) -> str:
        """Read what is told. Raises `NoStatus`."""
        check_body(request._request)
        raw = request._request.body
        try:
            return states.read(raw if len(raw) <= LONGEST else b"")
        except states.NotAStatus as error:
            raise NoStatus from error

    def answer(self, uid: str) -> HttpResponse:
        return HttpResponse(json.dumps(uid), content_type="application/json")


class BeginningView(StateView):
    """A cash server begins with a load, whose id it does not know yet."""

    def post(self, request: Request, *, shop: str) -> HttpResponse:
        status = self.status_of(request)
        address = request.META.get("REMOTE_ADDR", "")
        return self.answer(artix_states.announced(shop=shop, status=status, now=timezone.now(), address=address))


class LoadStateView(StateView):
    """How a load goes with the server."""

    def put(self, request: Request, *, shop: str, load: str) -> HttpResponse:
        status = self.status_of(request)
        address = request.META.get("REMOTE_ADDR", "")
        return self.answer(artix_states.told(shop=shop, uid=load, status=status, now=timezone.now(), address=address))


class TillStateView(StateView):
    """How it goes with one of its tills."""

    def put(self, request: Request, *, shop: str, till: str, load: str) -> HttpResponse:
        status = self.status_of(request)
        address, now = request.META.get("REMOTE_ADDR", ""), timezone.now()
        told = artix_states.told_of_till(shop=shop, uid=load, till=till, status=status, now=now, address=address)
        return self.answer(told)


def _is_near(address: str) -> bool:
    try:
        return outside.is_within(ip_address(address), settings.REGISTER_NETWORKS)
    except ValueError:
        return False
