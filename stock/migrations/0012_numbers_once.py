from django.db import migrations, models


class Migration(migrations.Migration):
    """Let the database refuse a number given twice. It never was: the counter gives each once."""

    dependencies = [("stock", "0011_sales_without_key_locks")]

    operations = [
        migrations.AddConstraint(
            model_name='stockdocument',
            constraint=models.UniqueConstraint(models.F('kind'), models.F('organization'), models.Func(models.F('date'), output_field=models.IntegerField(), template="EXTRACT(YEAR FROM %(expressions)s AT TIME ZONE 'Europe/Moscow')"), models.F('number'), condition=models.Q(('number', ''), _negated=True), name='stock_stockdocument_number_once_per_kind_organization_and_year'),
        ),
    ]
