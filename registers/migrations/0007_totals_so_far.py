from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Count what shifts came to before their totals were kept."""

    dependencies = [("registers", "0006_shift_totals")]

    operations = [migrations.RunSQL(SQL)]
