from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Keep the tree of goods free of circles."""

    dependencies = [("retail", "0003_role_grants")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
