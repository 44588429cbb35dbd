"""The site of the admin: unfold's, with less to do for each page."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """List applications and models when somebody looks: every page has the list at hand, our menu none of it."""
        return SimpleLazyObject(lambda: super(Site, self).get_app_list(request, app_label))
