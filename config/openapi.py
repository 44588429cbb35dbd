"""The description of our services, made once: it takes seconds of a processor, and anybody may ask for it."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

_made: dict[tuple[str, str], str | bytes] = {}


class SchemaView(SpectacularAPIView):
    """Keeps each language and format in the memory of the process; who asks changes nothing in it."""

    schema = None  # It is the description, and no part of it.

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.query_params.get("lang", "")
        language = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
        renderer = request.accepted_renderer
        key = (str(language), renderer.format)
        if key not in _made:
            with translation.override(language):
                schema = self.generator_class().get_schema(request=request, public=True)  # type: ignore[no-untyped-call]
                _made[key] = renderer.render(schema, renderer.media_type, {})
        return HttpResponse(_made[key], content_type=renderer.media_type)
