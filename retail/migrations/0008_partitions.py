from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Let journals have a table for each month."""

    dependencies = [("retail", "0007_skus_moved")]

    operations = [
        migrations.RunSQL(
            SQL,
            """
            DROP FUNCTION retail_partition_by_month(name, name);
            DROP FUNCTION retail_prove_bound(name);
            DROP FUNCTION retail_bound_journal(name, name);
            DROP FUNCTION retail_add_month(regclass, name);
            DROP FUNCTION retail_partitions(regclass);
            """,
        )
    ]
