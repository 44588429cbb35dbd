from django.db import migrations

HISTORY = """
    SELECT retail_keep_history('exchange_equipmenttill', '{
        "model": "exchange.equipmenttill", "label": ["code"], "page": "exchange.equipment", "page_id": "equipment_id"}');
"""


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0009_goods_files'),
        ('retail', '0006_history_of_edits'),
    ]

    operations = [
        migrations.RunSQL(HISTORY, migrations.RunSQL.noop),
    ]
