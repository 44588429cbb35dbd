"""Names for controls that have none on the screen, so that a screen reader has something to say."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def named(field: Any, words: Any) -> SafeString:
    """Render a field whose name stands above the column only, or beside both parts of it."""
    return SafeString(field.as_widget(attrs={"aria-label": str(words)}))
