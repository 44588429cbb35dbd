from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Let facts and what they point at never go."""

    dependencies = [("registers", "0004_free_the_journal_of_locks"), ("retail", "0002_catalogue")]

    operations = [migrations.RunSQL(SQL)]
