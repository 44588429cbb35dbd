from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Hold goods: the functions that decide under the locks, and room beside rows that change."""

    dependencies = [("stock", "0014_reservations"), ("registers", "0011_reservation_minutes")]

    operations = [migrations.RunSQL(SQL)]
