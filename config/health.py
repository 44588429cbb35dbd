"""What a balancer and a watchman ask: is the process alive, is it fit to serve, and what has it counted.

/healthz touches nothing, so that a database that is away does not get healthy processes killed. /readyz asks
everything a request needs and names what failed. /metrics is what the processes of this host counted, /metrics/chain
what the database knows, the same whichever host is asked.
"""

import functools
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from config import metrics as counted
from exchange.services import gauges, renewal


class NotReady(Exception):
    """Says in words why this process cannot serve yet."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that the process is alive."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if every check passes, else 503 and the reason of each that failed."""
    checks = {name: _outcome(check) for name, check in CHECKS.items()}
    ready = all(outcome == "ok" for outcome in checks.values())
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks},
        status=200 if ready else 503,
        headers={} if ready else {"Retry-After": "5"},
    )


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Show Prometheus the counters, to whoever has METRICS_TOKEN; to others there is nothing here."""
    _check_watchman(request)
    return HttpResponse(generate_latest(counted.registry()), content_type=CONTENT_TYPE_LATEST)


@never_cache
@require_safe
def chain_metrics(request: HttpRequest) -> HttpResponse:
    """Show the same watchman what the database knows; 503 while the database is away."""
    _check_watchman(request)
    try:
        told = gauges.exposition(now=timezone.now())
    except Error as error:
        return HttpResponse(type(error).__name__, status=503, content_type="text/plain")
    return HttpResponse(told, content_type=CONTENT_TYPE_LATEST)


def _check_watchman(request: HttpRequest) -> None:
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    allowed = bool(settings.METRICS_TOKEN) and constant_time_compare(shown, settings.METRICS_TOKEN)
    if not (allowed or settings.METRICS_PUBLIC):
        raise Http404


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as error:
        return str(error)
    except (Error, redis.RedisError) as error:
        # The class alone: the message of a failed connection tells strangers where the database lives.
        return type(error).__name__
    return "ok"


def _check_database() -> None:
    if renewal.is_awaited():
        raise NotReady("restored, and its feeds are not renewed: manage.py renew_feeds")


def _check_redis() -> None:
    # On a connection of its own: one that was kept may be dead while Redis is well again.
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
        client.ping()


@functools.cache
def _check_migrations() -> None:
    """Raise NotReady if some migration is not applied; a pass is remembered for the life of the process."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise NotReady(f"{len(waiting)} migrations are not applied")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _check_database,
    "redis": _check_redis,
    "migrations": _check_migrations,
}
