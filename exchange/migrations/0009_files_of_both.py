"""The two that came after 0007 at the same time touch different fields, so either order is right."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0008_artix_files"),
        ("exchange", "0008_goods_files"),
    ]

    operations: list[object] = []
