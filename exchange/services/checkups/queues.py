"""Redis, the workers and the beat: whether what is due will be done."""

from datetime import datetime, timedelta

import redis
from celery import current_app
from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_celery_beat.models import PeriodicTask

from exchange.services import gauges
from exchange.services.checkups.findings import Findings, fine, note, wrong

LONG_QUEUE = 100
PATIENCE = 2.0  # seconds for workers to answer
BEAT_SILENT = timedelta(minutes=15)  # It writes down what it has sent every few minutes.
START_WORKER = gettext_lazy("Start a worker: celery -A config worker")


def check_queues() -> Findings:
    """Ask Redis for the queues, and workers which of them they take from."""
    try:
        lengths = gauges.queue_lengths()
    except redis.RedisError as error:
        yield wrong(
            _("Redis does not answer (%(error)s): registers hear late, tasks wait.") % {"error": type(error).__name__},
            _("Start it, and look at REDIS_URL."),
        )
        return
    yield fine(_("Redis answers."))
    for queue, length in lengths.items():
        if length > LONG_QUEUE:
            waiting = ngettext("%(count)s task waits in %(queue)s.", "%(count)s tasks wait in %(queue)s.", length)
            yield note(
                waiting % {"count": length, "queue": queue}, _("More workers of this queue, or see which task hangs.")
            )
    yield from _workers()


def _workers() -> Findings:
    told = current_app.control.inspect(timeout=PATIENCE).active_queues() or {}
    if not told:
        yield wrong(_("No worker answers: receipts become no documents."), str(START_WORKER))
        return
    count = len(told)
    yield fine(ngettext("%(count)s worker answers.", "%(count)s workers answer.", count) % {"count": count})
    taken = {queue["name"] for queues in told.values() for queue in queues}
    for queue in settings.QUEUES:
        if queue not in taken:
            yield wrong(_("No worker takes from the queue %(queue)s.") % {"queue": queue}, f"{START_WORKER} -Q {queue}")


def check_beat(*, now: datetime) -> Findings:
    """See when the beat last sent anything, and which schedules somebody has stopped."""
    tasks = list(PeriodicTask.objects.order_by("name"))
    sent = max((task.last_run_at for task in tasks if task.enabled and task.last_run_at), default=None)
    start = _("Start the beat: celery -A config beat")
    if sent is None:
        yield wrong(_("The beat has never sent anything."), start)
    elif now - sent > BEAT_SILENT:
        moment = date_format(localtime(sent), "DATETIME_FORMAT")
        yield wrong(_("The beat last sent something on %(moment)s.") % {"moment": moment}, start)
    else:
        yield fine(_("The beat is at work."))
    for task in tasks:
        if not task.enabled:
            yield note(
                _("Switched off: “%(name)s”.") % {"name": _(task.name) if task.name else task.task},
                _("Switch it on among the periodic tasks, if nobody meant it."),
            )
