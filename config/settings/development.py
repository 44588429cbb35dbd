"""For script/server and for commands typed beside it, on one's own machine: answers to this machine only, without TLS.

A running script/server leaves the addresses of its PostgreSQL and Valkey in var/server.env, so that
`manage.py shell` in another terminal finds them.
"""

import secrets
from ipaddress import ip_network
from pathlib import Path

import environ

_VAR = Path(__file__).resolve().parents[2] / "var"
if (_VAR / "server.env").exists():
    environ.Env.read_env(_VAR / "server.env")

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import env  # noqa: E402


def _own_secret_key() -> str:
    """Return this checkout's key, made on first use: a key written here would be everyone's."""
    path = _VAR / "secret_key"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="") or _own_secret_key()
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.list("ALLOWED_HOSTS", default=[])]
METRICS_PUBLIC = True
TRAINING_TILL = env.bool("TRAINING_TILL", default=True)
# Here УКМ 5 is whoever tries it out on this machine.
if "UKM5_ACCESS" not in env:
    UKM5_ACCESS, UKM5_NETWORKS = "network", [ip_network("127.0.0.1/32"), ip_network("::1/128")]
if "UKM5_FILES" not in env:
    UKM5_FILES = str(_VAR / "ukm5")
    Path(UKM5_FILES).mkdir(parents=True, exist_ok=True)

if "EQUIPMENT_FILES" not in env:
    EQUIPMENT_FILES = str(_VAR / "equipment")
    Path(EQUIPMENT_FILES).mkdir(parents=True, exist_ok=True)

# A program that is told of events is tried out on this machine.
if "OUTSIDE_HTTP" not in env:
    OUTSIDE_HTTP = True
if "OUTSIDE_NETWORKS" not in env:
    OUTSIDE_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
if "REGISTER_NETWORKS" not in env:  # Here a register is whatever stands on this machine or beside it.
    _near = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
    REGISTER_NETWORKS = [ip_network(network) for network in _near]

# Mail lies in files, unless the environment says where to send it.
if "EMAIL_URL" not in env:
    EMAIL_BACKEND, EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", str(_VAR / "mail")
