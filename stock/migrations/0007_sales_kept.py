from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).with_suffix(".sql")).read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Queue what no document holds yet, and keep what documents of sales have taken in."""

    dependencies = [("stock", "0006_sales_documents"), ("registers", "0007_totals_so_far")]

    operations = [migrations.RunSQL(SQL)]
