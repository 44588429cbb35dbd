"""The Celery application. It is imported with the package, so that every process can put a task on the queue."""

import os
import time
from typing import Any

import structlog
from celery import Celery, signals

from config import metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("prilavok")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Stop Celery from setting up logging of its own: Django's LOGGING has done it already."""


@signals.task_prerun.connect
def name_task_in_log(task_id: str, task: Any, **_: Any) -> None:
    """Put the task's name and id on every line that is logged while it runs."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)


@signals.worker_init.connect
def show_figures(**_: Any) -> None:
    """Show what the worker's processes count, on a port of its own if it was told one."""
    metrics.serve()


@signals.worker_process_shutdown.connect
def forget_process(pid: int, **_: Any) -> None:
    metrics.forget(pid)


@signals.task_prerun.connect
def begin_counting(task: Any, **_: Any) -> None:
    task.request.began = time.monotonic()


@signals.task_postrun.connect
def count_task(task: Any, state: str | None = None, **_: Any) -> None:
    """Count a task and the time it took, by its name."""
    metrics.TASKS.labels(task.name, (state or "unknown").lower()).inc()
    if began := getattr(task.request, "began", None):
        metrics.TASK_SECONDS.labels(task.name).observe(time.monotonic() - began)


@signals.task_prerun.connect
def sign_edits(task: Any, **_: Any) -> None:
    """Sign what the task changes: with the name of its schedule, or with its own where a person has started it."""
    from retail.choices import EditSource
    from retail.services import editors

    headers = task.request.headers or {}
    origin = headers.get("periodic_task_name") or task.name
    task.request.signing = editors.editing(source=EditSource.SCHEDULE, origin=origin)
    task.request.signing.__enter__()


@signals.task_postrun.connect
def leave_edits(task: Any, **_: Any) -> None:
    if signing := getattr(task.request, "signing", None):
        signing.__exit__(None, None, None)
