from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Keep what came as it came, and what a person did about it as it was done."""

    dependencies = [("registers", "0008_error_desk")]

    operations = [migrations.RunSQL(SQL)]
