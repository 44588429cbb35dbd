from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name("0007_quicker.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Redeem in fewer parts of a statement, and leave cards the room that a night needs."""

    dependencies = [("billing", "0006_owners")]

    operations = [migrations.RunSQL(SQL)]
