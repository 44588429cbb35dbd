from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class WiringConfig(AppConfig):
    name = "config"
    verbose_name = _("Settings")

    def ready(self) -> None:
        """Grant the roles after the last application's permissions have been made."""
        last = [app for app in apps.get_app_configs() if app.models_module][-1]
        post_migrate.connect(grant_roles, sender=last)


def grant_roles(**kwargs: Any) -> None:
    from config import roles

    roles.grant()
