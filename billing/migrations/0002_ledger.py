from pathlib import Path

from django.db import migrations

SQL = "\n".join(
    (Path(__file__).with_name(f"0002_{part}.sql")).read_text(encoding="utf-8") for part in ("kept", "lives", "ledger", "operations")
)


class Migration(migrations.Migration):
    """Let the ledger only grow, and decide about operations where the cards are."""

    dependencies = [("billing", "0001_initial"), ("retail", "0006_history_of_edits")]

    operations = [migrations.RunSQL(SQL)]
