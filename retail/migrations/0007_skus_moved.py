from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Remember when a SKU last came under another group, kind, marking or rate of VAT."""

    dependencies = [("retail", "0006_history_of_edits")]

    operations = [
        migrations.CreateModel(
            name="SkuMove",
            fields=[
                (
                    "sku",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="move",
                        serialize=False,
                        to="retail.sku",
                        verbose_name="SKU",
                    ),
                ),
                ("revision", models.BigIntegerField(verbose_name="revision")),
            ],
            options={
                "verbose_name": "move of a SKU",
                "verbose_name_plural": "moves of SKUs",
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
