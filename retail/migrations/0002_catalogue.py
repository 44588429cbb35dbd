from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Install the triggers that make the catalogue its own feed."""

    dependencies = [("retail", "0001_initial")]

    operations = [migrations.RunSQL(SQL)]
