from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Give every warehouse its feed row, and hot rows their room."""

    dependencies = [("stock", "0001_initial"), ("retail", "0001_initial"), ("registers", "0001_initial")]

    operations = [migrations.RunSQL(SQL)]
