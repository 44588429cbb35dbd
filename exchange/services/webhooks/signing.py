"""Secrets of endpoints, and signatures by the Standard Webhooks convention.

A secret is not kept: it is made, whenever it is needed, of our own `SECRET_KEY` and the endpoint's salt. So a copy of
the database signs nothing, and whoever changes `SECRET_KEY` makes all secrets anew.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from exchange.models import WebhookEndpoint

PREFIX = "whsec_"
OVERLAP = timedelta(days=1)  # For so long the secret before the latest signs too.
_PURPOSE = "exchange.webhooks.secret"


def make_secret(*, endpoint: WebhookEndpoint, now: datetime) -> str:
    """Give an endpoint a new secret, and return it. The one before it signs for a day more."""
    endpoint.previous_salt = endpoint.salt
    endpoint.salt = secrets.token_hex(32)
    endpoint.secret_made_at = now
    endpoint.save(update_fields=["salt", "previous_salt", "secret_made_at"])
    return PREFIX + base64.b64encode(_key(endpoint.salt)).decode()


def headers(*, endpoint: WebhookEndpoint, uid: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """Return the headers by which a receiver knows that a message is ours, when it was sent, and which it is."""
    sent = str(int(now.timestamp()))
    salts = [endpoint.salt]
    if endpoint.previous_salt and endpoint.secret_made_at and now < endpoint.secret_made_at + OVERLAP:
        salts.append(endpoint.previous_salt)
    signed = f"{uid}.{sent}.".encode() + body
    signatures = " ".join(f"v1,{_signature(_key(salt), signed)}" for salt in salts)
    return {"webhook-id": uid, "webhook-timestamp": sent, "webhook-signature": signatures}


def _key(salt: str) -> bytes:
    return salted_hmac(_PURPOSE, salt, algorithm="sha256").digest()


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
