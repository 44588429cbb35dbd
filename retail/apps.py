from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RetailConfig(AppConfig):
    name = "retail"
    verbose_name = _("Reference")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(lay_foundation, sender=self)


def lay_foundation(**kwargs: Any) -> None:
    """Lay the rows everything stands on, once the last of this app's migrations is in place."""
    from retail.services import foundation

    foundation.lay()
