"""What the processes of a host count, and how it is shown.

Each process counts for itself. Where PROMETHEUS_MULTIPROC_DIR names a directory the counters lie there, and whichever
process is asked shows the sum: web workers answer at /metrics, a Celery worker on a port of its own (METRICS_PORT).
What the database knows of the whole chain is another matter: `exchange.services.gauges`, at /metrics/chain.
"""

import os

from django.core.exceptions import ImproperlyConfigured
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, multiprocess, start_http_server

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

TASKS = Counter("prilavok_tasks", "Tasks that a worker ended", ["task", "outcome"])
TASK_SECONDS = Histogram(
    "prilavok_task_seconds", "Time a task took", ["task"], buckets=(0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)
)


def registry() -> CollectorRegistry:
    """Return what the processes of this host counted together, or this process alone where they share no directory."""
    if DIRECTORY not in os.environ:
        return REGISTRY
    summed = CollectorRegistry()
    multiprocess.MultiProcessCollector(summed)  # type: ignore[no-untyped-call]
    return summed


def serve() -> None:
    """Show a worker's figures on METRICS_PORT of METRICS_HOST, if it is set; its tasks are counted by its children.

    Raises `ImproperlyConfigured` where they would have nowhere to put what they counted.
    """
    port = int(os.environ.get("METRICS_PORT") or 0)
    if not port:
        return
    if DIRECTORY not in os.environ:
        raise ImproperlyConfigured(f"Set {DIRECTORY} beside METRICS_PORT: the processes of a worker count there.")
    start_http_server(port, os.environ.get("METRICS_HOST") or "127.0.0.1", registry())


def forget(pid: int) -> None:
    """Take a process that is gone out of what is counted at this moment; what it has done stays counted."""
    if DIRECTORY in os.environ:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
