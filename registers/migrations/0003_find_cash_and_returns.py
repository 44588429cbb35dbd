from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registers', '0002_who_lets_registers_in'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='kkmtransaction',
            index=models.Index(condition=models.Q(('kind__in', ['cash_in', 'cash_out'])), fields=['register', 'shift_number'], name='registers_kkmtransaction_cash'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(condition=models.Q(('of_uid', ''), _negated=True), fields=['of_uid'], name='registers_receipt_returned'),
        ),
    ]
