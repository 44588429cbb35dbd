from django.db import migrations


class Migration(migrations.Migration):
    """Give the history of edits a table for each month.

    Undone, it stays as it is: the release before writes to such a table as to any other.
    """

    atomic = False  # Each step is a transaction, so that none holds the lock of another.

    dependencies = [("retail", "0008_partitions")]

    operations = [
        migrations.RunSQL("SELECT retail_bound_journal('retail_edit', 'at')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT retail_prove_bound('retail_edit')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT retail_partition_by_month('retail_edit', 'at')", migrations.RunSQL.noop),
    ]
