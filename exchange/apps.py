from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = _("Exchange")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(declare_tasks, sender=self)


def declare_tasks(apps: Any = installed, **kwargs: Any) -> None:
    """Declare this app's periodic tasks, once the table they are kept in exists."""
    from retail.services import schedules

    if "periodictask" in apps.all_models["django_celery_beat"]:
        schedules.declare(
            name=gettext_noop("Files of the XML export of UKM 5"),
            task="exchange.tasks.ukm5_files_look",
            every=timedelta(seconds=30),
        )
        schedules.declare(
            name=gettext_noop("Messages of UKM 5 whose tills were named since"),
            task="exchange.tasks.ukm5_unclaimed_claim",
            every=timedelta(hours=1),
        )
        schedules.declare(
            name=gettext_noop("Price lists that devices wait for"),
            task="exchange.tasks.price_lists_build",
            every=timedelta(seconds=30),
        )
        schedules.declare(
            name=gettext_noop("Folders of registers that speak by files"),
            task="exchange.tasks.transaction_folders_look",
            every=timedelta(seconds=30),
        )
        schedules.declare(
            name=gettext_noop("Goods for cash servers of Artix over HTTP"),
            task="exchange.tasks.artix_servers_look",
            every=timedelta(seconds=30),
        )
        schedules.declare(
            name=gettext_noop("Files of transactions that wait to be loaded"),
            task="exchange.tasks.transaction_files_load",
            every=timedelta(minutes=1),
        )
        schedules.declare(
            name=gettext_noop("Exchange log: forget old bodies"),
            task="exchange.tasks.exchange_log_forget",
            every=timedelta(days=1),
        )
        schedules.declare(
            name=gettext_noop("Journals: months ahead, and what is kept no longer"),
            task="exchange.tasks.journals_keep",
            every=timedelta(days=1),
        )
        schedules.declare(
            name=gettext_noop("Files of EquipmentService"),
            task="exchange.tasks.equipment_files_look",
            every=timedelta(seconds=30),
        )
        schedules.declare(
            name=gettext_noop("Registers whose sales are to be fetched"),
            task="exchange.tasks.uploads_look",
            every=timedelta(minutes=1),
        )
        schedules.declare(
            name=gettext_noop("Messages to webhooks and by e-mail"),
            task="exchange.tasks.webhooks_send",
            every=timedelta(seconds=15),
        )
        schedules.declare(
            name=gettext_noop("Alerts: look whether anything is wrong"),
            task="exchange.tasks.alerts_look",
            every=timedelta(minutes=1),
        )
