"""How often one register may ask.

A bucket for each token in the memory of each process: no request waits for another server to be counted, and the
limits stand so far above what a till does (a receipt every few seconds, a poll every second) that only a program gone
wild meets them. Uploads have the widest bucket: a sale is never refused for haste.
"""

import time
from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from exchange.api.authentication import register_of, shown_token
from exchange.services.uploads import telling
from registers.services import tokens
from retail.api.throttles import Buckets, Throttle


class RegisterThrottle(Throttle):
    def key(self, request: Request) -> object:
        return tokens.digest(shown_token(request.META) or "")


class ReadThrottle(RegisterThrottle):
    buckets = Buckets(rate=20, burst=100)


class UploadThrottle(RegisterThrottle):
    buckets = Buckets(rate=50, burst=500)


class ReserveThrottle(RegisterThrottle):
    """A cashier waits for each, and a receipt is asked for line by line."""

    buckets = Buckets(rate=50, burst=500)


# Numbers that are no card's, of each register: a cashier mistypes now and then, and whoever tries numbers is stopped.
missed_cards = Buckets(rate=0.1, burst=30)


class CardThrottle(RegisterThrottle):
    """A customer waits for each. Who has missed too often waits, whatever is asked: or a hit would stand out."""

    buckets = Buckets(rate=50, burst=500)

    @staticmethod
    def key_of(headers: Mapping[str, Any]) -> str:
        return tokens.digest(shown_token(headers) or "")

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._wait = missed_cards.wait(self.key(request), at=time.monotonic())
        return self._wait == 0 and super().allow_request(request, view)


class RotateThrottle(Throttle):
    """A new token has new buckets, so whoever tries numbers of cards must not get one after another."""

    buckets = Buckets(rate=1 / 600, burst=5)

    def key(self, request: Request) -> object:
        return register_of(request).pk


class PairThrottle(RegisterThrottle):
    """Codes are guessed by address, so pairing is counted by address, whatever token is shown."""

    buckets = Buckets(rate=0.5, burst=30)

    def key(self, request: Request) -> object:
        return request.META.get("REMOTE_ADDR")


class Ukm5Throttle(Throttle):
    """Tills of a store ask through one server, so each till is counted by what it calls itself."""

    buckets = Buckets(rate=20, burst=100)

    def key(self, request: Request) -> object:
        named = getattr(request._request.resolver_match, "kwargs", {})
        return (request.META.get("REMOTE_ADDR"), named.get("store"), named.get("pos"))


class Ukm5GuessThrottle(Throttle):
    """Secrets are guessed by address: whoever shows wrong ones is made to wait."""

    buckets = Buckets(rate=0.5, burst=30)

    def key(self, request: Request) -> object:
        return request.META.get("REMOTE_ADDR")


class Ukm5PushThrottle(Throttle):
    """A server pushes one package after another: counted by address."""

    buckets = Buckets(rate=50, burst=500)

    def key(self, request: Request) -> object:
        return request.META.get("REMOTE_ADDR")


class ArtixThrottle(Throttle):
    """A cash server tells of each of its tills: counted by address."""

    buckets = Buckets(rate=50, burst=500)

    def key(self, request: Request) -> object:
        return request.META.get("REMOTE_ADDR")


class HookThrottle(Throttle):
    """A script tells once for each receipt; counted by the token in the address."""

    buckets = Buckets(rate=50, burst=500)

    def key(self, request: Request) -> object:
        named = getattr(request._request.resolver_match, "kwargs", {})
        return telling.digest(named.get("token", ""))


# Tokens of hooks are guessed by address.
hook_guesses = Buckets(rate=0.5, burst=30)

# Devices of EquipmentService, by who signs in for them: perhaps one user for a whole chain.
equipment_calls = Buckets(rate=100, burst=1000)
# Passwords are guessed by address, also for other names than one.
equipment_guesses = Buckets(rate=0.5, burst=30)
