from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_name("0017_orders_kept.sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Customer orders inside the database: handed to registers, sold by receipts, kept once sold."""

    dependencies = [("stock", "0016_customer_orders")]

    operations = [migrations.RunSQL(SQL)]
