"""Who speaks where: people in the admin, their programs under /api/v1/, registers under /kkm/v1/ and /ukm5/."""

from importlib.util import find_spec
from typing import Any

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from config import health, openapi
from exchange.admin import home, till
from exchange.api import errors
from exchange.urls import artix_urlpatterns, equipment_urlpatterns, ukm5_urlpatterns


def _for_programs(app: str) -> Any:
    """Return the addresses of an app's API; an app that offers none has no urls module."""
    return include(f"{app}.urls") if find_spec(f"{app}.urls") else include([])


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/home/", admin.site.admin_view(home.figures_view), name="home-figures"),
    path("admin/till/", include(till.urls())),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("kkm/v1/", include("exchange.urls")),
    path("ukm5/", include(ukm5_urlpatterns)),
    path("CSrest/rest/dicts/", include(artix_urlpatterns)),
    path("api/v1/", _for_programs("retail")),
    path("api/v1/", _for_programs("registers")),
    path("api/v1/", _for_programs("stock")),
    path("api/v1/", _for_programs("billing")),
    path("api/v1/<path:rest>", errors.NoSuchService.as_view()),
    path("api/schema", openapi.SchemaView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("metrics/chain", health.chain_metrics, name="metrics-chain"),
    *equipment_urlpatterns,
]
