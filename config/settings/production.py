"""The default. Refuses to start until it was told everything that it would be unsafe to guess.

TLS ends at a proxy in front of us: HTTPS must be said to be there ("on"), or its absence said aloud ("off", for a
trial inside one network). What the proxy is trusted with is told by TRUSTED_PROXIES and SECURE_PROXY_HEADER.
"""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import UKM5_ACCESS, UKM5_NETWORKS, env

DEBUG = False


def _required(name: str, meaning: str) -> str:
    value: str = env.str(name, default="").strip()
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {meaning}.")
    return value


SECRET_KEY = _required("SECRET_KEY", "a random string of at least 50 characters, kept secret and never changed lightly")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("Set SECRET_KEY to at least 50 random characters: this one is too short.")

ALLOWED_HOSTS = [
    host.strip() for host in _required("ALLOWED_HOSTS", "the host names we answer to, separated by commas").split(",")
]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured('Set ALLOWED_HOSTS to the names themselves: "*" would let anyone choose our name.')

_required("DATABASE_URL", "the address of PostgreSQL, postgresql://user:password@host:5432/name")
_required("REDIS_URL", "the address of Redis or Valkey, redis://:password@host:6379/0")

HTTPS = _required("HTTPS", '"on" where every request comes over TLS, "off" to do without it')
if HTTPS not in {"on", "off"}:
    raise ImproperlyConfigured(f'Set HTTPS to "on" or "off": "{HTTPS}" is neither.')

if UKM5_ACCESS == "network" and not UKM5_NETWORKS:
    raise ImproperlyConfigured("Set UKM5_NETWORKS to the networks UKM 5 is let in from, such as 192.168.10.0/24.")

SECURE_SSL_REDIRECT = HTTPS == "on"
# A probe inside the network asks over plain HTTP, and must not be sent away.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics(/chain)?$"]
SESSION_COOKIE_SECURE = HTTPS == "on"
CSRF_COOKIE_SECURE = HTTPS == "on"
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if HTTPS == "on" else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS] if HTTPS == "on" else []

# Trusted only if told so: a header that anyone can send would otherwise make plain HTTP look like TLS.
if header := env.str("SECURE_PROXY_HEADER", default=""):
    SECURE_PROXY_SSL_HEADER = (f"HTTP_{header.upper().replace('-', '_')}", "https")
