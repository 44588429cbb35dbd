from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name("0010_own_reversals.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Count as taken back only what was taken back from the same card."""

    dependencies = [("billing", "0009_night_by_hand")]

    operations = [migrations.RunSQL(SQL)]
