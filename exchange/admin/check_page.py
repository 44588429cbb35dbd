"""What a check has found, each finding with the way to where it is mended."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from exchange.choices import CheckLevel
from exchange.services.rules.checks import Finding
from registers.admin.facts import badge

COLOURS = {CheckLevel.PROBLEM: "danger", CheckLevel.WARNING: "warning"}


def render(request: HttpRequest, page: Any, checked: Model, *, findings: Sequence[Finding]) -> HttpResponse:
    """Render the findings about what a page of the admin shows."""
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "media": page.media,
        "original": checked,
        "title": _("Check: %(name)s") % {"name": checked},
        "findings": [_shown(request, finding) for finding in findings],
        "stops": any(finding.level == CheckLevel.PROBLEM for finding in findings),
        "back_url": reverse(f"admin:{checked._meta.app_label}_{checked._meta.model_name}_change", args=[checked.pk]),
    }
    response = TemplateResponse(request, "exchange/check.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _shown(request: HttpRequest, finding: Finding) -> dict[str, Any]:
    model = apps.get_model(finding.model)
    opts = model._meta
    may_go = request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}")
    row = model._default_manager.filter(pk=finding.pk).first() if may_go and finding.pk else None
    return {
        "level": badge(finding.level.label, COLOURS[finding.level]),
        "text": finding.text,
        "url": _url(model, finding.pk) if may_go else "",
        "place": f"{capfirst(str(opts.verbose_name))}: {row}" if row else capfirst(str(opts.verbose_name_plural)),
    }


def _url(model: type[Model], pk: int | None) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    try:
        return reverse(f"{name}_change", args=[pk]) if pk else reverse(f"{name}_changelist")
    except NoReverseMatch:
        return ""
