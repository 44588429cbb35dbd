from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__)
SQL = HERE.with_suffix(".sql").read_text(encoding="utf-8")
# As it was before: the first function of the migration that made it.
BEFORE = HERE.with_name("0009_as_it_came.sql").read_text(encoding="utf-8").partition("CREATE TRIGGER")[0]
BACK = "DROP TRIGGER registers_bodyarchive_stays ON registers_bodyarchive;\n" + BEFORE.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)


class Migration(migrations.Migration):
    """Let bodies of old transactions go into files, and nothing else of them."""

    dependencies = [("registers", "0014_find_receipts_by_number")]

    operations = [
        migrations.CreateModel(
            name="BodyArchive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(unique=True, verbose_name="month")),
                ("file", models.CharField(max_length=100, verbose_name="file")),
                ("size", models.BigIntegerField(verbose_name="size, bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("bodies", models.BigIntegerField(verbose_name="bodies")),
                ("places", models.JSONField(default=list, verbose_name="pieces")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("emptied_at", models.DateTimeField(blank=True, null=True, verbose_name="emptied at")),
            ],
            options={
                "verbose_name": "archive of bodies",
                "verbose_name_plural": "archives of bodies",
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(SQL, BACK),
    ]
