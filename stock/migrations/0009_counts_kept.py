from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Say what there was at a past moment, and keep counts and transfers as they were posted."""

    dependencies = [("stock", "0008_counts_and_transfers")]

    operations = [migrations.RunSQL(SQL)]
