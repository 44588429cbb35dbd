from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class RetailConfig(AppConfig):
    name = "retail"
    verbose_name = _("Reference")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from retail.services import editors

        connection_created.connect(editors.attend)
        post_migrate.connect(lay_foundation, sender=self)
        post_migrate.connect(declare_tasks, sender=self)


def lay_foundation(apps: Any = installed, **kwargs: Any) -> None:
    """Lay the rows everything stands on, unless this app has been migrated back to nothing."""
    from retail.services import foundation

    if _has(apps, "retail", "Constants"):
        foundation.lay()


def declare_tasks(apps: Any = installed, **kwargs: Any) -> None:
    from retail.services import schedules

    if _has(apps, "django_celery_beat", "PeriodicTask"):
        schedules.declare(
            name=gettext_noop("Announce prices that have begun"),
            task="retail.tasks.prices_announce",
            every=timedelta(minutes=1),
        )
        schedules.declare(
            name=gettext_noop("Forget old answers to programs"),
            task="retail.tasks.answers_forget_old",
            every=timedelta(days=1),
        )
        schedules.declare(
            name=gettext_noop("Forget old edits"),
            task="retail.tasks.edits_forget_old",
            every=timedelta(days=1),
        )


def _has(apps: Any, app: str, model: str) -> bool:
    try:
        apps.get_model(app, model)
    except LookupError:
        return False
    return True
