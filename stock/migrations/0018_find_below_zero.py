from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("stock", "0017_orders_kept"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="balance",
            index=models.Index(
                condition=Q(on_hand__lt=F("sold") + F("reserved")),
                fields=["warehouse", "sku"],
                name="stock_balance_below_zero",
            ),
        ),
    ]
