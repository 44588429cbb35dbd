from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_noop, pgettext_lazy


class StockConfig(AppConfig):
    name = "stock"
    verbose_name = pgettext_lazy("section", "Stock")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(declare_tasks, sender=self)


def declare_tasks(apps: Any = installed, **kwargs: Any) -> None:
    """Declare this app's periodic tasks, once the table they are kept in exists."""
    from retail.services import schedules

    if "periodictask" in apps.all_models["django_celery_beat"]:
        schedules.declare(
            # Translators: «Обработка транзакций ККМ (KKMTransfer)».
            name=gettext_noop("Processing of register transactions (KKMTransfer)"),
            task="stock.tasks.transactions_process",
            every=timedelta(minutes=5),
        )
        schedules.declare(
            name=gettext_noop("Corrections of stock counts for late sales"),
            task="stock.tasks.late_sales_settle",
            every=timedelta(days=1),
        )
        schedules.declare(
            name=gettext_noop("Audit of the books"),
            task="stock.tasks.books_audit",
            every=timedelta(days=1),
        )
        schedules.declare(
            name=gettext_noop("Release of reservations that have expired"),
            task="stock.tasks.reservations_sweep",
            every=timedelta(minutes=1),
        )
