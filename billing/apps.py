from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Discount cards")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing.services.audits import CHECKS
        from billing.services.card_imports import CardImporter
        from retail.services import imports
        from stock.services import audits

        audits.include(CHECKS)
        imports.include("cards", CardImporter)
        post_migrate.connect(declare_tasks, sender=self)


def declare_tasks(apps: Any = installed, **kwargs: Any) -> None:
    """Declare this app's periodic tasks, once the table they are kept in exists."""
    from retail.services import schedules

    if "periodictask" in apps.all_models["django_celery_beat"]:
        schedules.declare(
            name=gettext_noop("Operations on discount cards from receipts"),
            task="billing.tasks.records_apply",
            every=timedelta(minutes=1),
        )
        # Again each hour of the night: it goes on where it was interrupted, and otherwise there is nothing left to do.
        schedules.declare_by_clock(
            name=gettext_noop("Billing: discount cards, the night"),
            task="billing.tasks.cards_night",
            minute="10",
            hour="0-6",
        )
