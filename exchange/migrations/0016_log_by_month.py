from django.db import migrations


class Migration(migrations.Migration):
    """Give the log of exchange a table for each month.

    Undone, it stays as it is: the release before writes to such a table as to any other.
    """

    atomic = False  # Each step is a transaction, so that none holds the lock of another.

    dependencies = [("exchange", "0015_names_of_webhooks"), ("retail", "0008_partitions")]

    operations = [
        migrations.RunSQL("SELECT retail_bound_journal('exchange_exchangesession', 'began_at')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT retail_prove_bound('exchange_exchangesession')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT retail_partition_by_month('exchange_exchangesession', 'began_at')", migrations.RunSQL.noop),
    ]
