from django.db import migrations


class Migration(migrations.Migration):
    """A device id belongs to the equipment that a register is, which `exchange` keeps.

    The column stays for a release: the version before reads it with every request of a register.
    """

    dependencies = [("registers", "0012_billing_queue")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="register", name="device_id")],
        ),
    ]
