from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

TASKS = {
    "ukm5_files_look": (gettext_noop("Files of the XML export of UKM 5"), timedelta(seconds=30)),
    "ukm5_unclaimed_claim": (gettext_noop("Messages of UKM 5 whose tills were named since"), timedelta(hours=1)),
    "price_lists_build": (gettext_noop("Price lists that devices wait for"), timedelta(seconds=30)),
    "transaction_folders_look": (gettext_noop("Folders of registers that speak by files"), timedelta(seconds=30)),
    "artix_servers_look": (gettext_noop("Goods for cash servers of Artix over HTTP"), timedelta(seconds=30)),
    "transaction_files_load": (gettext_noop("Files of transactions that wait to be loaded"), timedelta(minutes=1)),
    "exchange_log_forget": (gettext_noop("Exchange log: forget old bodies"), timedelta(days=1)),
    "journals_keep": (gettext_noop("Journals: months ahead, and what is kept no longer"), timedelta(days=1)),
    "equipment_files_look": (gettext_noop("Files of EquipmentService"), timedelta(seconds=30)),
    "uploads_look": (gettext_noop("Registers whose sales are to be fetched"), timedelta(minutes=1)),
    "webhooks_send": (gettext_noop("Messages to webhooks and by e-mail"), timedelta(seconds=15)),
    "alerts_look": (gettext_noop("Alerts: look whether anything is wrong"), timedelta(minutes=1)),
}


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
        for task, (name, every) in TASKS.items():
            schedules.declare(name=name, task=f"exchange.tasks.{task}", every=every)
