from typing import Any

from django.db import migrations


def rename(apps: Any, schema_editor: Any) -> None:
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    tasks.filter(task="stock.tasks.books_compare").update(task="stock.tasks.books_audit", name="Audit of the books")


class Migration(migrations.Migration):
    """The nightly comparison proves more than balances now; its row keeps the timing that an administrator gave it."""

    dependencies = [("stock", "0012_numbers_once"), ("django_celery_beat", "0019_alter_periodictasks_options")]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
