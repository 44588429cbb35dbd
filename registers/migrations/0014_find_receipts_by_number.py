"""Receipts are found by what is printed on them. Blooms of block ranges: next to nothing is written for a receipt."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registers", "0013_device_ids_elsewhere")]

    operations = [
        AddIndexConcurrently(
            model_name="receipt",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True,
                fields=["number"],
                name="registers_receipt_number",
                opclasses=["int8_bloom_ops"],
                pages_per_range=32,
            ),
        ),
        AddIndexConcurrently(
            model_name="receipt",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True,
                fields=["fiscal_document"],
                name="registers_receipt_fiscal",
                opclasses=["int8_bloom_ops"],
                pages_per_range=32,
            ),
        ),
    ]
