from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Let movements only grow, and keep documents that have left the drafts as they are."""

    dependencies = [("stock", "0003_posting")]

    operations = [migrations.RunSQL(SQL)]
