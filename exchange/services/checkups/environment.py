"""Settings, folders and disks of the machine that asks."""

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

from exchange.services.checkups.findings import Finding, Findings, fine, note, wrong

_LOOKED_AT = ("caches", "files", "security", "staticfiles", "templates")
_GIGABYTE = 2**30
LEAST_FREE = _GIGABYTE
LEAST_FREE_SHARE = 0.05
FEW_FREE_SHARE = 0.15


def check_settings() -> Findings:
    """Look at the settings as Django does before a deployment, and at what it knows nothing of."""
    in_production = os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith("production")
    if not in_production:
        yield note(_("These are not the settings of production: what is asked of those is not looked at."))
    for message in checks.run_checks(tags=_LOOKED_AT, include_deployment_checks=in_production):
        told = wrong if message.level >= checks.ERROR else note
        yield told(str(message.msg), str(message.hint or ""))
    if settings.DEBUG:
        yield wrong(_("DEBUG is on: a fault shows strangers what is inside."), _("Take DEBUG out of the environment."))
    if getattr(settings, "HTTPS", "on") == "off":
        yield note(
            _("Without TLS passwords and tokens go over the network as they are."),
            _("Put a proxy with a certificate in front, and set HTTPS=on."),
        )
    if not (settings.METRICS_TOKEN or settings.METRICS_PUBLIC):
        yield note(_("Nobody may read the metrics."), _("Set METRICS_TOKEN, and show it to Prometheus."))
    yield from _made_files()


def _made_files() -> Findings:
    if not (Path(settings.LOCALE_PATHS[0]) / "ru" / "LC_MESSAGES" / "django.mo").exists():
        yield wrong(_("The Russian words are not compiled."), "script/messages compile")
    if not any(Path(settings.STATIC_ROOT).glob("*")):
        yield wrong(
            _("Static files are not collected: pages have no look."), "manage.py collectstatic --noinput --clear"
        )


def check_folders() -> Findings:
    """See that folders are there, may be written, and that their disks have room."""
    for name in ("MEDIA_ROOT", "EQUIPMENT_FILES", "UKM5_FILES"):
        if place := str(getattr(settings, name)):
            yield _folder(name, Path(place))


def _folder(name: str, place: Path) -> Finding:
    named = {"name": name, "path": place}
    existing = next(path for path in [place, *place.parents] if path.exists())
    if not place.exists() and name != "MEDIA_ROOT":
        return wrong(_("%(name)s: there is no folder %(path)s.") % named, _("Make it, or take the setting out."))
    if not os.access(existing, os.W_OK | os.X_OK):
        return wrong(
            _("%(name)s: %(path)s may not be written.") % named, _("Give the folder to the account of the product.")
        )
    usage = shutil.disk_usage(existing)
    share, free = usage.free / usage.total, f"{usage.free / _GIGABYTE:.1f}"
    told = {**named, "free": free, "share": f"{share:.0%}"}
    text = _("%(name)s: %(path)s has %(free)s GB free (%(share)s).") % told
    if usage.free < LEAST_FREE or share < LEAST_FREE_SHARE:
        return wrong(text, _("Make room before the disk is full."))
    return note(text, _("See what grows there.")) if share < FEW_FREE_SHARE else fine(text)
