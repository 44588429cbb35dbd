"""What a list says while there is nothing in it at all: what it holds, and where one begins."""

from typing import Any, NamedTuple

from django import template
from django.apps import apps
from django.template import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

register = template.Library()


class Lead(NamedTuple):
    title: str
    url: str


@register.simple_tag
def words_of_nothing(listing: Any) -> Any:
    """Return the sentence of a list that nothing narrows (`empty_says` of its admin), or nothing."""
    if getattr(listing, "query", "") or getattr(listing, "has_active_filters", False):
        return ""
    return getattr(getattr(listing, "model_admin", None), "empty_says", "")


@register.simple_tag(takes_context=True)
def lead_from_nothing(context: RequestContext, listing: Any) -> Lead | None:
    """Return the way to the list that one begins with (`empty_leads_to`), for whoever may see it."""
    label = getattr(listing.model_admin, "empty_leads_to", "")
    if not label:
        return None
    app, model = label.split(".")
    try:
        url = reverse(f"admin:{app}_{model}_changelist")
    except NoReverseMatch:
        return None
    title = capfirst(str(apps.get_model(label)._meta.verbose_name_plural))
    return Lead(title, url) if context.request.user.has_perm(f"{app}.view_{model}") else None
