from django.db import migrations

SQL = """
    SELECT retail_keep_history('registers_register', '{"model": "registers.register", "label": ["number", "name"]}')
"""


class Migration(migrations.Migration):
    """Keep the history of how registers are set."""

    dependencies = [("registers", "0009_as_it_came"), ("retail", "0006_history_of_edits")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
