from typing import Any

from django.apps import AppConfig, apps
from django.contrib import admin
from django.contrib.admin import sites
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    """In place of unfold's own: with our site."""

    name = "unfold"

    def ready(self) -> None:
        from config.site import Site

        sites.site = admin.site = Site()


class WiringConfig(AppConfig):
    name = "config"
    default = True
    verbose_name = _("Settings")

    def ready(self) -> None:
        """Grant the roles after the last application's permissions have been made."""
        last = [app for app in apps.get_app_configs() if app.models_module][-1]
        post_migrate.connect(grant_roles, sender=last)


def grant_roles(**kwargs: Any) -> None:
    from config import roles

    roles.grant()
